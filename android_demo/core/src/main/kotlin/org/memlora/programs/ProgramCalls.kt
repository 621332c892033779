package org.memlora.programs

private val LETTERS = mapOf('T' to "Tensor", 'N' to "Number", 'I' to "IntList", 'L' to "TensorList")
private val NUMBERS = listOf("Int", "Double", "Bool")

/** The instructions of a plan: what they call is there, and takes what it is given. */
internal class ProgramCalls(
    private val values: List<FlatTable>,
    private val operators: List<FlatTable>,
    private val delegates: List<DelegateGraph>,
) {
    /** The kinds of arguments that an operator was seen with, by its place. */
    private val seen = HashMap<Long, List<MutableSet<String>>>()

    /** Throws [ProgramFault] for an instruction that does otherwise. */
    fun check(instruction: FlatTable) {
        val call = instruction.table("call") ?: throw ProgramFault("an instruction without a kind")
        if (call.kind != "Kernel" && call.kind != "Delegated") throw ProgramFault("an instruction that moves, jumps or frees")
        val called = call.whole(if (call.kind == "Kernel") "operator" else "delegate")
        within(called, if (call.kind == "Kernel") operators else delegates, call.kind)
        val given = call.numbers("arguments").map { within(it, values, "value") }
        if (call.kind == "Delegated") {
            val wanted = delegates[called.toInt()].ranks
            val ranks = given.map { if (it.kind == "Tensor") maxOf(1L, it.numbers("sizes").size.toLong()) else null }
            if (ranks != wanted) throw ProgramFault("tensors of ranks ${ranks.take(8)} for a delegate that takes ${wanted.take(8)}")
        } else {
            checkKinds(given, seen.getOrPut(called) { told(operators[called.toInt()], given.size) })
        }
    }

    private fun told(operator: FlatTable, count: Int): List<MutableSet<String>> {
        val name = listOf(operator.text("name"), operator.text("overload")).filterNot { it.isNullOrEmpty() }.joinToString(".")
        val letters = KERNELS[name] ?: return List(count) { HashSet() }
        return letters.map { letter -> LETTERS[letter]?.let { hashSetOf(it) } ?: HashSet() }
    }

    /** Calls of one operator take as many arguments, of the same kinds but for those that are left out. */
    private fun checkKinds(given: List<FlatTable>, seen: List<MutableSet<String>>) {
        if (given.size != seen.size) throw ProgramFault("${given.size} arguments of an operator that takes ${seen.size}")
        for ((value, known) in given.zip(seen)) {
            if (value.kind != "Null") known += if (value.kind in NUMBERS) "Number" else value.kind
            if (known.size > 1) throw ProgramFault("an argument of an operator that is ${known.sorted().joinToString(" and ")}")
        }
    }
}

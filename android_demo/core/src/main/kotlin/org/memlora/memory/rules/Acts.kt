package org.memlora.memory.rules

import org.memlora.memory.rules.english.end
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.pattern
import org.memlora.text.sentences

private const val BE = "am|is|are|was|were|do|does|did|have|has|had|can|could|will|would|shall|should|may|might|must"
private const val WHO = "who|whom|whose|what|which|where|when|why|how"
private const val SUBJECT =
    "i|you|we|he|she|it|they|my|your|our|his|her|their|there|the|this|that|these|those|anyone|anybody|any|[A-Z].*"
private val MARK = pattern("[?\\uff1f\\u061f]")

/** Links, and quotations inside a sentence: a mark there asks nothing. */
private val ELSEWHERE = pattern("(?<!\\S)\\S*://\\S*|(?<=[^\\W_] )(?:\"[^\"]*\"|\\u201c[^\\u201c\\u201d]*\\u201d)")
private val OPENING = "\"'(\u201c\u2018\u00ab\u00bf ".toCharArray()
private val FORMS =
    listOf(
        "(?:and |so |but |ok(?:ay)?,? |hey,? )?(?:$WHO)(?:'?s|'re|'d|'ll| (?:$BE))(?: |$)(?!knew|knows)",
        "(?:and |so |but )?(?:which|what|whose) (?:[a-z]+ ){1,3}(?:$BE)(?: |$)",
        "(?:and |so |but )?how (?:much|many|old|long|often|far|tall|big|late|early|soon)(?: .*)? (?:$BE) ",
        "who (?:lives?|works?|likes?|told|gave|bought|said|owns?|plays?|wants?|sold|made|got|called|came|went)(?: |$)",
        "(?:what|how) about ",
        "(?:please |pls )?(?:can|could|would|will) you (?:please )?(?:tell|remind|show) me ",
        "(?:please |pls )?tell me (?:about |again |please )*+(?:what|where|when|who|whose|why|how|which|if|my|the)?",
        "(?:please |pls )?remind me (?:again )?(?:about |of |what|where|when|who|whose|why|how|which|if|whether)",
        "(?:do|did|can) you (?:still )?(?:remember|recall|know) ",
        "(?:any idea|no idea|i wonder|i was wondering) (?:what|where|when|who|whose|why|how|which|if|whether) ",
    ).map { pattern(it, IGNORECASE) }
private val INVERTED = pattern("(?i:$BE) (?:$SUBJECT|I)(?: |$)")
private val TOLD =
    pattern(
        "(?:(?:what|how) (?:a|an) |(?:you )?(?:know|guess) what\\W*$|who knew|who knows\\W*$|" +
            "(?:hi|hello|hey)?,? ?how are (?:you|things|u)\\b|how(?:'?s| is) it going|what'?s (?:up|new)\\W*$|why not\\W*$|" +
            "can you believe |how cool|how nice|tell me about it\\W*$|is that so\\W*$|isn't (?:it|that) |may i (?:say|add) |" +
            "(?:really|seriously|right|ok|okay|huh|what|eh)\\W*$|have a (?:nice|good|great)|will do|do not|do have|" +
            "(?:did|do) you know (?:that )?i\\b)",
        IGNORECASE,
    )
private val TAG =
    pattern(
        ", ?(?:right|ok|okay|eh|huh|you know|innit|remember|see|yeah|" +
            "(?:is|are|was|were|do|does|did|have|has|had|can|could|will|would|should|am|ai)(?:n't| not)? " +
            "(?:i|you|we|he|she|it|they|that))\\W*$",
        IGNORECASE,
    )
private val REMEMBER =
    pattern(
        "(?:please |pls )?(?:remember|note|keep in mind|write down|make a note|save)" +
            "(?: this| it| that)?(?: ?[:,] *| that | (?=(?:i|my|we|our|the|me) ))",
        IGNORECASE,
    )
private val FORGET =
    pattern(
        "(?:please |pls |can you |could you )?(?:forget|delete|erase|remove)" +
            "(?: (?:that|about|what I (?:said|told you) about))?" +
            " (?=(?:i|i'm|my|me|we|our|everything|all|the|it|about|that)\\b)",
        IGNORECASE,
    )

/** A line's parts, each empty where there is none: statements, questions, and what is to be forgotten. */
public data class Line(
    public val said: String = "",
    public val asked: String = "",
    public val forget: String = "",
)

/** What to remember of [text], what to answer, what to forget. A statement with a tag (`, right?`) is told. */
public fun readLine(text: String): Line {
    val said = ArrayList<String>()
    val asked = ArrayList<String>()
    val forget = ArrayList<String>()
    for (sentence in sentences(text)) {
        val bare = bare(sentence)
        val order = FORGET.matchAt(bare, 0)
        val request = REMEMBER.matchAt(bare, 0)
        when {
            order != null -> forget.add(bare.substring(order.end).trimEnd(' ', '.', '!'))
            request != null -> said.add(bare.substring(request.end))
            isQuestion(sentence) -> asked.add(sentence)
            else -> said.add(sentence)
        }
    }
    // greetings and the like beside a question hold nothing
    val told = if (asked.isEmpty()) said else said.filterNot { TOLD.matchesAt(it, 0) }
    return Line(told.joinToString(" "), asked.joinToString(" "), forget.joinToString(" "))
}

/** Whether one sentence asks for something that an answer can be given to. */
public fun isQuestion(sentence: String): Boolean {
    val bare = bare(sentence)
    val hasForm = FORMS.any { it.matchesAt(bare, 0) }
    return when {
        TOLD.matchesAt(bare, 0) -> false
        MARK.containsMatchIn(ELSEWHERE.replace(bare, "")) -> hasForm || !TAG.containsMatchIn(bare)
        else -> hasForm || INVERTED.matchesAt(bare, 0)
    }
}

private fun bare(sentence: String): String = sentence.trim(*OPENING).replace('\u2019', '\'')

package org.memlora.packager

/** `resources` compiles what aapt2 compiles; `apk` packs, signs and checks. Options are `--name value`. */
public fun main(args: Array<String>) {
    require(args.isNotEmpty()) { "no command: expected resources or apk, got none; name one" }
    val options = Options(args.drop(1))
    when (args[0]) {
        "resources" -> compileResources(options)
        "apk" -> buildApk(options)
        else -> throw IllegalArgumentException("unknown command: expected resources or apk, got ${args[0]}; name one")
    }
}

/** An APK of the module's classes and libraries; every check below stops the build. */
private fun buildApk(options: Options) {
    val work = options.path("work")
    val abis = options["abis"].split(",")
    val libraries = Libraries.collect(options.path("libs"), options.paths("aars"), work.resolve("unpacked"), abis)
    val dex = compileDex(options, libraries.jars, work.resolve("dex"))
    val unsigned = work.resolve("unsigned.apk")
    writeApk(unsigned, work.resolve("resources.ap_"), dex, libraries.natives, libraries.notices(options))
    val apk = options.path("out")
    sign(unsigned, apk, debugKey(options.path("keystore")), options.number("min-sdk"))

    checkPermissions(options, apk)
    checkNatives(apk, abis)
    checkLinks(options, apk)
    println(sizeTable(apk))
}

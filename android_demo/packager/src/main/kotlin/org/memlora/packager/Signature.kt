package org.memlora.packager

import com.android.apksig.ApkSigner
import com.android.apksig.ApkVerifier
import com.android.apksig.KeyConfig
import java.nio.file.Files
import java.nio.file.Path
import java.security.KeyStore
import java.security.PrivateKey
import java.security.cert.X509Certificate

private const val PASSWORD = "android" // what every debug key on every machine has
private const val ALIAS = "debug"

/** The signer of debug builds; the key is made at the first build and never leaves the machine. */
internal fun debugKey(keystore: Path): ApkSigner.SignerConfig {
    if (!Files.exists(keystore)) {
        run(
            Path.of(System.getProperty("java.home"), "bin", "keytool"), "-genkeypair", "-keystore", keystore, "-storepass", PASSWORD,
            "-alias", ALIAS, "-keyalg", "RSA", "-keysize", "2048", "-validity", "10000", "-dname", "CN=Debug", "-storetype", "PKCS12",
        )
    }
    val keys = KeyStore.getInstance(keystore.toFile(), PASSWORD.toCharArray())
    val key = keys.getKey(ALIAS, PASSWORD.toCharArray()) as PrivateKey
    return ApkSigner.SignerConfig.Builder(ALIAS, KeyConfig.Jca(key), listOf(keys.getCertificate(ALIAS) as X509Certificate)).build()
}

/** Aligns, signs and verifies; natives begin at multiples of [PAGE_BYTES] in the file. */
internal fun sign(unsigned: Path, signed: Path, signer: ApkSigner.SignerConfig, minSdk: Int) {
    ApkSigner.Builder(listOf(signer))
        .setInputApk(unsigned.toFile())
        .setOutputApk(signed.toFile())
        .setMinSdkVersion(minSdk)
        .setAlignmentPreserved(false)
        .setLibraryPageAlignmentBytes(PAGE_BYTES)
        .build()
        .sign()
    val verdict = ApkVerifier.Builder(signed.toFile()).build().verify()
    check(verdict.isVerified) { "the signed APK does not verify: ${verdict.errors}" }
}

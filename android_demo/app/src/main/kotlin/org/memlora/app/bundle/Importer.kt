package org.memlora.app.bundle

import org.memlora.app.assistant.Host
import org.memlora.app.assistant.sentence
import org.memlora.app.work.Live
import org.memlora.app.work.Worker
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.progress.Cancellation
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.util.concurrent.CancellationException

/** The phone's bundle. */
sealed interface BundleState {
    data object Missing : BundleState

    /** Copied or verified so far, in bytes; [total] null where nobody knows. */
    data class Importing(val isVerifying: Boolean, val bytes: Long, val total: Long?) : BundleState

    data class Held(val contents: Contents) : BundleState
}

/** Brings a bundle into the app's own folder: copied beside, verified, and only then put in the place of the one before. */
class Importer(private val places: BundlePlaces, private val verifier: Verifier, private val worker: Worker, private val host: Host) {
    val state: Live<BundleState> = Live(BundleState.Missing)

    /** Why the last bundle was refused, in one sentence. */
    val refusal: Live<String?> = Live(null)

    private var running: Cancellation? = null

    /** Tells what the held bundle is. */
    fun look() {
        if (running != null) return
        running = worker.run({ cancellation -> if (places.held.isDirectory) verify(places.held, cancellation) else null }, ::conclude)
    }

    fun bring(source: Source) {
        if (running != null) return
        refusal.value = null
        state.value = BundleState.Importing(isVerifying = false, bytes = 0, total = null)
        running = worker.run({ cancellation -> import(source, cancellation) }) { result ->
            conclude(result)
            if (result.isSuccess) host.rest { host.wake() }
        }
    }

    fun cancel() {
        running?.cancel()
    }

    private fun conclude(result: Result<Contents?>) {
        running = null
        val isCancelled = result.exceptionOrNull() is CancellationException
        refusal.value = if (isCancelled) null else result.sentence()
        val contents = result.getOrNull()
        when {
            contents != null -> state.value = BundleState.Held(contents)
            places.held.isDirectory && result.isFailure && state.value is BundleState.Importing -> lookAgain()
            else -> state.value = BundleState.Missing
        }
    }

    // another one was refused: the one before is as good as it was
    private fun lookAgain() {
        val told = refusal.value
        running = worker.run({ verifier.verify(places.held) { } }) { result ->
            running = null
            refusal.value = told ?: result.sentence()
            state.value = result.getOrNull()?.let { BundleState.Held(it) } ?: BundleState.Missing
        }
    }

    private fun import(source: Source, cancellation: Cancellation): Contents {
        val incoming = places.freshIncoming()
        try {
            copy(source, incoming, cancellation)
            val contents = verify(incoming, cancellation)
            places.swapIn(incoming)
            return contents
        } catch (failed: IOException) {
            val sentence = "cannot copy the bundle: expected room and a readable file, got ${failed.message}; make room and try again"
            throw BundleException(sentence, Reason.UNLINKABLE_PARTS, failed)
        } finally {
            incoming.deleteRecursively()
        }
    }

    private fun copy(source: Source, to: File, cancellation: Cancellation) {
        val total = source.bytes
        places.checkRoom(total ?: 0)
        var done = 0L
        source.files { path, content ->
            val file = placeOf(to, path)
                ?: throw BundleException("wrong path in the bundle: expected one inside it, got $path; do not use it", Reason.INVALID_VALUES)
            places.makeFolder(checkNotNull(file.parentFile))
            file.outputStream().use { out ->
                done = content.pour(out, done) { bytes ->
                    cancellation.check()
                    worker.tell { state.value = BundleState.Importing(isVerifying = false, bytes, total) }
                }
            }
        }
    }

    private fun verify(folder: File, cancellation: Cancellation): Contents {
        val total = folder.walk().filter { it.isFile }.sumOf { it.length() }
        var done = 0L
        return verifier.verify(folder) { bytes ->
            cancellation.check()
            done += bytes
            val told = done
            worker.tell { state.value = BundleState.Importing(isVerifying = true, told, total) }
        }
    }

    private fun InputStream.pour(out: OutputStream, before: Long, told: (Long) -> Unit): Long {
        val piece = ByteArray(PIECE_BYTES)
        var done = before
        while (true) {
            val read = fill(piece)
            if (read == 0) return done
            out.write(piece, 0, read)
            done += read
            told(done)
        }
    }

    // a zip gives 512 bytes at a time: telling each of them would keep the screen busy with nothing else
    private fun InputStream.fill(piece: ByteArray): Int {
        var filled = 0
        while (filled < piece.size) {
            val read = read(piece, filled, piece.size - filled)
            if (read < 0) break
            filled += read
        }
        return filled
    }

    private companion object {
        const val PIECE_BYTES = 1 shl 20
    }
}

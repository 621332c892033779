package org.memlora.store

import androidx.sqlite.SQLiteDriver
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Instant
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.store.forms.Photo

private const val PHOTOS = "SELECT photos.id, sha256, created_at FROM photos JOIN users ON users.id = user_id WHERE users.name = ?"

/** A store file with photos: a user's by the sha256 of their kept pixels, with the exchanges they came with. */
public abstract class PhotoTables internal constructor(
    path: File,
    driver: SQLiteDriver,
    embedder: Embedder?,
    timeoutS: Double,
    clock: () -> Instant,
) : ForgettingTables(path, driver, embedder, timeoutS, clock) {
    /**
     * The ids of [photos] that came with the user's exchange of [turns], each stored once however often it is put.
     *
     * Throws [ContractException] for turns that are not one exchange of the user's.
     */
    public fun putPhotos(userId: String, turns: List<Long>, photos: List<Photo>): List<Long> =
        writing {
            val user = userRow(userId)
            val came = "SELECT DISTINCT exchange_id FROM turns JOIN exchanges ON exchanges.id = exchange_id WHERE user_id = ?"
            val exchanges = ids("$came AND turns.id $IDS", user, listText(turns))
            if (exchanges.size != 1) {
                throw ContractException("cannot keep photos: expected turns of one exchange, got ${exchanges.size}; give one's")
            }
            photos.map { photo ->
                val known = ids("SELECT id FROM photos WHERE user_id = ? AND sha256 = ?", user, photo.name)
                val sql = "INSERT INTO photos (user_id, sha256, png, thumbnail, created_at) VALUES (?, ?, ?, ?, ?)"
                val row = known.firstOrNull() ?: insert(sql, user, photo.name, photo.png, photo.thumbnail, now())
                run("INSERT OR IGNORE INTO exchange_photos VALUES (?, ?)", exchanges.single(), row)
                row
            }
        }

    /**
     * What the encoder called [encoder] makes of the photo called [name]: [tokens] rows of equal width, one after the other.
     *
     * It takes the place of another encoder's. Throws [ContractException] for other numbers.
     */
    public fun putPhotoRows(name: String, encoder: String, tokens: Int, rows: FloatArray) {
        if (tokens < 1 || rows.isEmpty() || rows.size % tokens != 0 || rows.any { it.isNaN() || it.isInfinite() }) {
            throw ContractException(
                "wrong embedding of a photo: expected $tokens rows of finite numbers, got ${rows.size} numbers; run the encoder again",
            )
        }
        val bytes = ByteBuffer.allocate(rows.size * Float.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN)
        bytes.asFloatBuffer().put(rows)
        val sql = "INSERT OR REPLACE INTO photo_embeddings SELECT id, ?, ?, ? FROM photos WHERE sha256 = ?"
        writing { run(sql, encoder, tokens, bytes.array(), name) }
    }

    /** What [putPhotoRows] kept of this photo by this encoder, null for nothing. */
    public fun photoRows(name: String, encoder: String): FloatArray? {
        val sql = "SELECT vectors FROM photo_embeddings JOIN photos ON photos.id = photo_id WHERE sha256 = ? AND encoder = ? LIMIT 1"
        val bytes = rows(sql, name, encoder) { it.blob(0) }.firstOrNull() ?: return null
        return FloatArray(bytes.size / Float.SIZE_BYTES).also {
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(it)
        }
    }

    /** Every photo of the user, oldest first. */
    public fun photos(userId: String): List<StoredPhoto> {
        val found = rows("$PHOTOS ORDER BY 1", userId) { StoredPhoto(it.long(0), it.text(1), it.text(2)) }
        val sql = "$TURNS_WITH WHERE +users.name = ? AND photo_id"
        val said = rowsById(sql, found.map { it.id }, userId) { it.long(TURN_COLUMNS) to toTurn(it) }
        val turns = said.sortedBy { (_, turn) -> turn.id }.groupBy({ it.first }, { it.second })
        return found.map { it.copy(turns = turns[it.id].orEmpty()) }
    }

    /** The PNG of the user's photo, or of its thumbnail; throws [ConfigException] for an id that is not the user's. */
    @JvmOverloads
    public fun photoPng(userId: String, photoId: Long, isThumbnail: Boolean = false): ByteArray {
        val column = if (isThumbnail) "thumbnail" else "png"
        val sql = "SELECT $column FROM photos JOIN users ON users.id = user_id WHERE users.name = ? AND photos.id = ?"
        return rows(sql, userId, photoId) { it.blob(0) }.firstOrNull() ?: throw unknown(userId, photoId)
    }

    /**
     * Forget photos of the user with the exchanges they came with and what came of these, as [forgetSession].
     *
     * Throws [ConfigException] for an id that is not the user's, nothing is forgotten then; `StoreException` as above.
     */
    public fun forgetPhotos(userId: String, ids: List<Long>): Forgotten {
        refuseInsideABlock()
        val forgotten =
            writing {
                val own = rowsById("$PHOTOS AND photos.id", ids, userId) { it.long(0) }
                (ids - own.toSet()).minOrNull()?.let { throw unknown(userId, it) }
                val said = ids("SELECT DISTINCT exchange_id FROM exchange_photos WHERE photo_id $IDS", listText(own))
                forgetSaid(userRow(userId) ?: 0, said)
            }
        erase()
        return forgotten
    }

    private fun unknown(userId: String, photoId: Long) =
        ConfigException("no photo $photoId: expected the id of a photo of $userId, got none; list them")
}

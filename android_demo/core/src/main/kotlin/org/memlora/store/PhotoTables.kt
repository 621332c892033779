package org.memlora.store

import androidx.sqlite.SQLiteDriver
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Instant
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.errors.Reason
import org.memlora.errors.StoreException
import org.memlora.images.Pixels
import org.memlora.images.readPng
import org.memlora.parts.Embeddings
import org.memlora.store.forms.Photo
import org.memlora.store.forms.photoProblem
import org.memlora.store.sqlite.Row

private const val PHOTOS = "SELECT photos.id, sha256, created_at FROM photos JOIN users ON users.id = user_id WHERE users.name = ?"

/** Of a past memory not the exchange that ended it. */
private const val OWN =
    "(state = 'live' OR exchange_id = (SELECT min(exchange_id) FROM provenance AS own JOIN turns AS said ON said.id = " +
        "own.turn_id WHERE own.memory_id = memories.id))"
private const val NEAR = "FROM exchanges AS near WHERE near.session_id = exchanges.session_id AND near.id"
private const val BESIDE = "(SELECT max(near.id) $NEAR < exchanges.id), (SELECT min(near.id) $NEAR > exchanges.id)"

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

    /** What the encoder called [encoder] makes of the photo called [name]; it takes the place of another encoder's. */
    public fun putPhotoRows(name: String, encoder: String, rows: Embeddings) {
        val bytes = ByteBuffer.allocate(rows.count * rows.width * Float.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN)
        bytes.asFloatBuffer().put(rows.rows)
        val sql = "INSERT OR REPLACE INTO photo_embeddings SELECT id, ?, ?, ? FROM photos WHERE sha256 = ?"
        writing { run(sql, encoder, rows.count, bytes.array(), name) }
    }

    /** What [putPhotoRows] kept of this photo by this encoder, null for nothing. */
    public fun photoRows(name: String, encoder: String): Embeddings? {
        val sql =
            "SELECT tokens, vectors FROM photo_embeddings JOIN photos ON photos.id = photo_id WHERE sha256 = ? AND " +
                "encoder = ? LIMIT 1"
        val (tokens, bytes) = rows(sql, name, encoder) { it.long(0).toInt() to it.blob(1) }.firstOrNull() ?: return null
        val numbers = FloatArray(bytes.size / Float.SIZE_BYTES)
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers)
        return Embeddings(numbers, numbers.size / tokens)
    }

    /** The names of all photos of all users. */
    public fun photoNames(): List<String> = rows("SELECT DISTINCT sha256 FROM photos ORDER BY 1") { it.text(0) }

    /** The pixels of a photo by its [name]; throws [ConfigException] for an unknown one, [StoreException] for damage. */
    public fun photoPixels(name: String): Pixels {
        val png =
            rows("SELECT png FROM photos WHERE sha256 = ? LIMIT 1", name) { it.blob(0) }.firstOrNull() ?: throw ConfigException(
                "no photo $name: expected the sha256 of one that is kept, got another; add it again",
            )
        photoProblem(name, png)?.let { problem ->
            throw StoreException("the store $path is damaged: $problem; restore it from a copy", Reason.INVALID_VALUES)
        }
        return readPng(png)
    }

    /** How many photos the user has. */
    public fun countPhotos(userId: String): Int = rows("SELECT count(*) FROM ($PHOTOS)", userId) { it.long(0).toInt() }.single()

    /** Every photo of the user, oldest first. */
    public fun photos(userId: String): List<StoredPhoto> = withTurns(userId, rows("$PHOTOS ORDER BY 1", userId, read = ::toPhoto))

    /** The user's photo with this id; throws [ConfigException] where the user has none. */
    public fun photo(userId: String, photoId: Long): StoredPhoto =
        withTurns(userId, rowsById("$PHOTOS AND photos.id", listOf(photoId), userId, read = ::toPhoto)).firstOrNull()
            ?: throw unknown(userId, photoId)

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

    /** By a memory's id the photos that came with what it was taken from or reworded by; without the others. */
    internal fun photosBehind(userId: String, memories: Collection<Long>): Map<Long, List<Long>> {
        val sql =
            "SELECT DISTINCT memory_id, photo_id FROM provenance JOIN turns ON turns.id = turn_id JOIN exchange_photos " +
                "USING (exchange_id) JOIN memories ON memories.id = memory_id JOIN users ON users.id = user_id " +
                "WHERE $OWN AND +users.name = ? AND memory_id"
        return grouped(sql, memories, userId)
    }

    /** By a turn's id the photos that came with its exchange; without the others. */
    internal fun photosWith(userId: String, turns: Collection<Long>): Map<Long, List<Long>> = photosOf(userId, turns, "exchanges.id")

    /** By a turn's id the photos of the exchange before or after its own in the session; without the others. */
    internal fun photosBeside(userId: String, turns: Collection<Long>): Map<Long, List<Long>> = photosOf(userId, turns, BESIDE)

    private fun photosOf(userId: String, turns: Collection<Long>, exchanges: String): Map<Long, List<Long>> {
        val sql =
            "SELECT turns.id, photo_id FROM turns JOIN exchanges ON exchanges.id = turns.exchange_id JOIN users ON " +
                "users.id = user_id JOIN exchange_photos ON exchange_photos.exchange_id IN ($exchanges) " +
                "WHERE +users.name = ? AND turns.id"
        return grouped(sql, turns, userId)
    }

    private fun grouped(sql: String, ids: Collection<Long>, userId: String): Map<Long, List<Long>> =
        rowsById(sql, ids, userId) { it.long(0) to it.long(1) }
            .distinct()
            .sortedWith(compareBy({ it.first }, { it.second }))
            .groupBy({ it.first }, { it.second })

    private fun withTurns(userId: String, photos: List<StoredPhoto>): List<StoredPhoto> {
        val sql = "$TURNS_WITH WHERE +users.name = ? AND photo_id"
        val said = rowsById(sql, photos.map { it.id }, userId) { it.long(TURN_COLUMNS) to toTurn(it) }
        val turns = said.sortedBy { (_, turn) -> turn.id }.groupBy({ it.first }, { it.second })
        return photos.map { it.copy(turns = turns[it.id].orEmpty()) }
    }

    private fun toPhoto(row: Row) = StoredPhoto(row.long(0), row.text(1), row.text(2))

    private fun unknown(userId: String, photoId: Long) =
        ConfigException("no photo $photoId: expected the id of a photo of $userId, got none; list them")
}

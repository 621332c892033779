package org.memlora.weights

/** [length] bytes from byte [offset] of the data file; [key] is the sha256 of these bytes. */
public data class Window(public val key: String, public val offset: Long, public val length: Long)

/** A tensor of a base and where it lies. */
public sealed interface BaseTensor {
    /** Its dimensions. */
    public val shape: List<Long>

    /** Its places in the data file. */
    public val windows: List<Window>
}

/** Weights `[N, K]` of a linear or an embedding, as codes and scales. */
public sealed interface QuantizedTensor : BaseTensor {
    public val codes: Window
    public val scales: Window
    override val windows: List<Window> get() = listOf(codes, scales)
}

/** `[N, K]`: codes `[N, K/2]` uint8, scales `[N, K/group]` bf16. */
public data class Int4Tensor(
    override val shape: List<Long>,
    override val codes: Window,
    override val scales: Window,
) : QuantizedTensor

/** `[N, K]`: codes `[N, K]` int8, scales `[N]` float32. */
public data class Int8Tensor(
    override val shape: List<Long>,
    override val codes: Window,
    override val scales: Window,
) : QuantizedTensor

/** Float32 values as they are. */
public data class RawTensor(override val shape: List<Long>, public val data: Window) : BaseTensor {
    override val windows: List<Window> get() = listOf(data)
}

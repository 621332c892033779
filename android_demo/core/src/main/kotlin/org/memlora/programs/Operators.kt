package org.memlora.programs

private const val STANDARD =
    "Abs Add And ArgMax BitShift BitwiseAnd BitwiseOr Cast CastLike Ceil Clip Concat Constant Cos " +
        "DequantizeLinear Div DynamicQuantizeLinear Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND " +
        "Gelu Gemm Greater GreaterOrEqual Identity LayerNormalization Less LessOrEqual MatMul MatMulInteger Max Min " +
        "Mod Mul Neg Not Or Pow QuantizeLinear RMSNormalization Range Reciprocal ReduceMax ReduceMean ReduceMin " +
        "ReduceSum Relu Reshape Round ScatterND Shape Sigmoid Sign Sin Slice Softmax Softplus Split Sqrt Squeeze Sub " +
        "Sum Swish Tanh Transpose Trilu Unsqueeze Where"
private const val CONTRIBUTED =
    "BiasGelu DynamicQuantizeMatMul FastGelu GatherBlockQuantized Gelu GroupQueryAttention MatMulIntegerToFloat " +
        "MatMulNBits QuickGelu RotaryEmbedding " +
        "SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization"

private const val SIGHT =
    "AveragePool BatchNormalization Conv GlobalAveragePool HardSigmoid HardSwish Log LogSoftmax MaxPool ReduceLogSumExp"

private fun names(written: String): Set<String> = written.split(' ').toSet()

/** The operators that exports write, by domain; `runtime_py/programs/graph_rules.py` has the same table. */
internal val OPERATORS: Map<String, Set<String>> =
    mapOf(
        "" to names(STANDARD) + "SimplifiedLayerNormalization",
        "ai.onnx" to names(STANDARD),
        "com.microsoft" to names(CONTRIBUTED),
    )

/** The operators that a graph may have besides, where it sees. */
internal val SEEING: Set<String> = names(SIGHT)

/** Operators between shapes and what says a size. */
internal val SIZE_STEPS: Set<String> =
    names("Shape Gather Unsqueeze Squeeze Concat Cast CastLike Constant Slice Reshape Identity Max Min Add Sub")

/** Operators whose output's size is a value; the first input that says it. */
internal val GROWING: Map<String, Int> = mapOf("Expand" to 1, "Range" to 0)

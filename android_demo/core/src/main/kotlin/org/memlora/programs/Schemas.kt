package org.memlora.programs

/** The tables of an ExecuTorch program as far as they are in use; `runtime_py/programs/schemas.py` has the same. */
internal val PROGRAM: Schema =
    Schema(
        mapOf(
            "Program" to
                "version:I plans:[Plan] constants:[Bytes] inline:[Bytes] segments:[Segment] constant_segment:Offsets " +
                "mutable_segments:[Offsets] named:[Named]",
            "Plan" to
                "name:str container:Container values:[Value] inputs:[i] outputs:[i] chains:[Chain] operators:[Operator] " +
                "delegates:[Delegate] buffers:[l] devices:[Device]",
            "Container" to "inputs:str outputs:str",
            "Value" to
                "held_type:B held:union|Null|Int|Bool|Double|Tensor|String|IntList|DoubleList|BoolList|TensorList|" +
                "TensorList",
            "Null" to "",
            "Int" to "value:l",
            "Bool" to "value:B",
            "Double" to "value:d",
            "String" to "value:str",
            "IntList" to "items:[l]",
            "DoubleList" to "items:[d]",
            "BoolList" to "items:[B]",
            "TensorList" to "items:[i]",
            "Tensor" to
                "scalar:b storage_offset:i sizes:[i] order:[B] grad:B buffer:I allocation:Allocation layout:b " +
                "dynamism:b extra:Extra",
            "Allocation" to "memory:I low:I high:I",
            "Extra" to "segment:L name:str location:b device:b index:b",
            "Chain" to "inputs:[i] outputs:[i] instructions:[Instruction] traces:[Frames]",
            "Instruction" to "call_type:B call:union|Kernel|Delegated|Move|Jump|Free",
            "Kernel" to "operator:i arguments:[i]",
            "Delegated" to "delegate:i arguments:[i]",
            "Move" to "source:i target:i",
            "Jump" to "condition:i destination:i",
            "Free" to "value:i",
            "Frames" to "items:[Frame]",
            "Frame" to "file:str line:i name:str context:str",
            "Operator" to "name:str overload:str",
            "Delegate" to "id:str processed:Reference specs:[Spec]",
            "Reference" to "location:b index:I",
            "Spec" to "key:str value:[B]",
            "Device" to "buffer:i kind:b index:b",
            "Bytes" to "data:[B]",
            "Segment" to "offset:L size:L",
            "Offsets" to "segment:I offsets:[L]",
            "Named" to "key:str segment:I",
        ),
    )

private const val ONE = "input:I output:I flags:I"
private const val NODES =
    "Two|Connected|One|One|Transpose|One|Refused|Two|Refused|Pad|Refused|Two|Refused|Refused|Two|Two|One|" +
        "One|One|Reshape|Refused|One|One|One|Leaky|Two|One|One|Elu|One|Two|Cat|Cat|Cat|Slice|Refused|Two|Cat|" +
        "Refused|One|One|One|One|One|One|One|One"

/** The tables of an XNNPACK delegate's graph. */
internal val XNNPACK: Schema =
    Schema(
        mapOf(
            "Graph" to
                "version:str nodes:[Node] values:[XValue] externs:I inputs:[I] outputs:[I] buffers:[Bytes] sizes:[I] " +
                "constants:[Constant]",
            "Refused" to "",
            "Node" to "node_type:B node:union|$NODES handle:I limits:Limits",
            "Limits" to "least:f most:f",
            "XValue" to "held_type:B held:union|Tensor|Quantized",
            "Tensor" to "datatype:h rank:I dims:[I] constant:I external:I flags:I id:I",
            "Quantized" to "tensor:Tensor quant_type:B quant:union|Channel|PerTensor|Token|Group",
            "Channel" to "scale:[f] dim:i buffer:I count:I",
            "PerTensor" to "scale:f zero:i",
            "Token" to "dims:i",
            "Group" to "scale:[f] dim:i size:i bf16:[H] buffer:I count:I",
            "One" to ONE,
            "Two" to "input1:I input2:I output:I flags:I",
            "Connected" to "input1:I filter:I bias:I output:I flags:I",
            "Transpose" to "rank:I perm:[I] $ONE",
            "Pad" to "before:[I] after:[I] value:f $ONE",
            "Reshape" to "rank:I shape:[I] $ONE",
            "Slice" to "rank:I offsets:[I] sizes:[I] $ONE",
            "Leaky" to "slope:f $ONE",
            "Elu" to "alpha:f $ONE",
            "Cat" to "axis:I input1:I input2:I input3:I input4:I output:I flags:I input5:I",
            "Constant" to "offset:L size:L key:str",
            "Bytes" to "data:[B]",
        ),
    )

/** What the operators of exports take: T a tensor, N a number, I and L lists of numbers and tensors, - left out. */
internal val KERNELS: Map<String, String> =
    mapOf(
        "aten::_local_scalar_dense" to "TN",
        "aten::_to_copy.out" to "TN-TT",
        "aten::add.out" to "TTNTT",
        "aten::arange.start_out" to "NNNTT",
        "aten::bitwise_and.Scalar_out" to "TNTT",
        "aten::bitwise_right_shift.Tensor_Scalar_out" to "TNTT",
        "aten::cat.out" to "LNTT",
        "aten::embedding.out" to "TTNNNTT",
        "aten::expand_copy.out" to "TINTT",
        "aten::gather.out" to "TNTNTT",
        "aten::index_select.out" to "TNTTT",
        "aten::select_copy.int_out" to "TNNTT",
        "aten::slice_copy.Tensor_out" to "TNNNNTT",
        "aten::sum.IntList_out" to "TIN-TT",
        "aten::sym_size.int" to "TNN",
        "aten::unsqueeze_copy.out" to "TNTT",
        "executorch_prim::et_view.default" to "TIT",
        "llama::custom_sdpa.out" to "TTTN-NNNTT",
        "llama::update_cache.out" to "TTNTT",
    )

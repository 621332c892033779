"""The tables of an ExecuTorch program and of an XNNPACK delegate, as far as they are in use."""

PROGRAM = {
    "Program": "version:I plans:[Plan] constants:[Bytes] inline:[Bytes] segments:[Segment] constant_segment:Offsets "
    "mutable_segments:[Offsets] named:[Named]",
    "Plan": "name:str container:Container values:[Value] inputs:[i] outputs:[i] chains:[Chain] operators:[Operator] "
    "delegates:[Delegate] buffers:[l] devices:[Device]",
    "Container": "inputs:str outputs:str",
    "Value": "held_type:B held:union|Null|Int|Bool|Double|Tensor|String|IntList|DoubleList|BoolList|TensorList|"
    "TensorList",
    "Null": "",
    "Int": "value:l",
    "Bool": "value:B",
    "Double": "value:d",
    "String": "value:str",
    "IntList": "items:[l]",
    "DoubleList": "items:[d]",
    "BoolList": "items:[B]",
    "TensorList": "items:[i]",
    "Tensor": "scalar:b storage_offset:i sizes:[i] order:[B] grad:B buffer:I allocation:Allocation layout:b "
    "dynamism:b extra:Extra",
    "Allocation": "memory:I low:I high:I",
    "Extra": "segment:L name:str location:b device:b index:b",
    "Chain": "inputs:[i] outputs:[i] instructions:[Instruction] traces:[Frames]",
    "Instruction": "call_type:B call:union|Kernel|Delegated|Move|Jump|Free",
    "Kernel": "operator:i arguments:[i]",
    "Delegated": "delegate:i arguments:[i]",
    "Move": "source:i target:i",
    "Jump": "condition:i destination:i",
    "Free": "value:i",
    "Frames": "items:[Frame]",
    "Frame": "file:str line:i name:str context:str",
    "Operator": "name:str overload:str",
    "Delegate": "id:str processed:Reference specs:[Spec]",
    "Reference": "location:b index:I",
    "Spec": "key:str value:[B]",
    "Device": "buffer:i kind:b index:b",
    "Bytes": "data:[B]",
    "Segment": "offset:L size:L",
    "Offsets": "segment:I offsets:[L]",
    "Named": "key:str segment:I",
}

_ONE = "input:I output:I flags:I"
_TWO = "input1:I input2:I output:I flags:I"
_NODES = (
    "Two Connected One One Transpose One Refused Two Refused Pad Refused Two Refused Refused Two Two One "
    "One One Reshape Refused One One One Leaky Two One One Elu One Two Cat Cat Cat Slice Refused Two Cat "
    "Refused One One One One One One One One"
)
XNNPACK = {
    "Graph": "version:str nodes:[Node] values:[XValue] externs:I inputs:[I] outputs:[I] buffers:[Bytes] sizes:[I] "
    "constants:[Constant]",
    "Refused": "",
    "Node": f"node_type:B node:union|{_NODES.replace(' ', '|')} handle:I limits:Limits",
    "Limits": "least:f most:f",
    "XValue": "held_type:B held:union|Tensor|Quantized",
    "Tensor": "datatype:h rank:I dims:[I] constant:I external:I flags:I id:I",
    "Quantized": "tensor:Tensor quant_type:B quant:union|Channel|PerTensor|Token|Group",
    "Channel": "scale:[f] dim:i buffer:I count:I",
    "PerTensor": "scale:f zero:i",
    "Token": "dims:i",
    "Group": "scale:[f] dim:i size:i bf16:[H] buffer:I count:I",
    "One": _ONE,
    "Two": _TWO,
    "Connected": "input1:I filter:I bias:I output:I flags:I",
    "Transpose": f"rank:I perm:[I] {_ONE}",
    "Pad": f"before:[I] after:[I] value:f {_ONE}",
    "Reshape": f"rank:I shape:[I] {_ONE}",
    "Slice": f"rank:I offsets:[I] sizes:[I] {_ONE}",
    "Leaky": f"slope:f {_ONE}",
    "Elu": f"alpha:f {_ONE}",
    "Cat": "axis:I input1:I input2:I input3:I input4:I output:I flags:I input5:I",
    "Constant": "offset:L size:L key:str",
    "Bytes": "data:[B]",
}

KERNELS = {
    "aten::_local_scalar_dense": "TN",
    "aten::_to_copy.out": "TN-TT",
    "aten::add.out": "TTNTT",
    "aten::arange.start_out": "NNNTT",
    "aten::bitwise_and.Scalar_out": "TNTT",
    "aten::bitwise_right_shift.Tensor_Scalar_out": "TNTT",
    "aten::cat.out": "LNTT",
    "aten::embedding.out": "TTNNNTT",
    "aten::expand_copy.out": "TINTT",
    "aten::gather.out": "TNTNTT",
    "aten::index_select.out": "TNTTT",
    "aten::select_copy.int_out": "TNNTT",
    "aten::slice_copy.Tensor_out": "TNNNNTT",
    "aten::sum.IntList_out": "TIN-TT",
    "aten::sym_size.int": "TNN",
    "aten::unsqueeze_copy.out": "TNTT",
    "executorch_prim::et_view.default": "TIT",
    "llama::custom_sdpa.out": "TTTN-NNNTT",
    "llama::update_cache.out": "TTNTT",
}
"""What the operators of exports take: T a tensor, N a number, I and L lists of numbers and tensors, - left out."""

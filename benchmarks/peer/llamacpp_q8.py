"""llama.cpp with Q8_0 weights, beside which a base of 8 bits is compared."""

from gguf import GGMLQuantizationType

from benchmarks.peer.llamacpp import LlamaCpp


class LlamaCppQ8(LlamaCpp):
    weights = GGMLQuantizationType.Q8_0


PEER = LlamaCppQ8

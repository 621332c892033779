"""ONNX Runtime GenAI with int8 weights, beside which a base of 8 bits is compared."""

from benchmarks.peer.genai import GenAi


class GenAiInt8(GenAi):
    precision = "int8"


PEER = GenAiInt8

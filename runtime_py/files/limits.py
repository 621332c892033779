"""The limits of what a reader takes (docs/bundle-format.md, "Limits"): larger is refused before it is read.

They lie far above what any export writes; with them the time and memory of opening are bounded by the sizes of files.
"""

MIB = 1 << 20
MAX_BYTES = {
    "manifest": 4 * MIB,
    "operations": 4 * MIB,
    "index": 16 * MIB,
    "tokenizer": 64 * MIB,
    "table": 64 * MIB,
    "grammar": 64 * MIB,
    "golden": 256 * MIB,
    "adapter": 2048 * MIB,
    "program": 2048 * MIB,
    "npu": 16 * MIB,
    "photo": 64 * MIB,
    "other": 64 * MIB,
}
"""Bytes of a file by what it is in a bundle; a base is bounded by what its index says."""

MAX_JSON_DEPTH = 64
MAX_PATH_BYTES = 255
MAX_FILES = 4096
MAX_GRAMMAR_STATES = MAX_GRAMMAR_CLASSES = 65_534
MAX_ADAPTER_TENSORS = 16_384
MAX_BASE_SLACK = 1.25
"""A base's data file against its tensors and its index: the head of the file holds a key or two for each tensor."""

MAX_TOKENIZER_STEPS = 32
MAX_TOKENIZER_DEPTH = 8
MAX_TOKENIZER_PATTERN = 2048
MAX_CONTEXT_TOKENS = 131_072
MAX_VISION_SIDE = 1024
MAX_GRAPH_NODES = 100_000
MAX_MESSAGE_DEPTH = 16

MAX_SIDE = 65_535
MAX_PIXELS = 256_000_000
MAX_PHOTO_BYTES = 512 * MIB
"""Memory that decoding a photo may take, as told by its header; the largest of today's cameras stay below it."""

MAX_JPEG_SCANS = 64
"""A photo has about ten; each of them is a walk over all of its pixels."""

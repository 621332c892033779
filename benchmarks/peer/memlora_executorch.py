"""This project on ExecuTorch: a program per operation with its adapter inside, over one base file."""

from importlib.metadata import version
from pathlib import Path

from benchmarks.made.memlora_bundle import write_bundle
from benchmarks.peer.memlora_onnx import Memlora
from runtime_py.engines import DEFAULT


class MemloraExecutorch(Memlora):
    """Exported for both runtimes, as proofs need the ONNX graphs; a program without adapter is not made."""

    version = f"executorch {version('executorch')}"
    kind = "executorch"
    drafts = False  # its rows depend on how many are fed: a draft could change a token
    others = ("*.onnx", "*.onnx_adapter", "rotary.bin")

    @classmethod
    def prepare(cls, model: Path, out: Path, group_size: int) -> None:
        write_bundle(model, out, (cls.kind, DEFAULT), group_size)


PEER = MemloraExecutorch

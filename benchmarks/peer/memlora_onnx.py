"""This project on ONNX Runtime: one session, an engine with its own KV cache for each operation."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.made.memlora_bundle import write_bundle
from benchmarks.peer.peer import Call, Peer, Row, turn_rows
from evaluation.bench.script import ScriptedOperation
from runtime_py import operations
from runtime_py.bundle import Bundle
from runtime_py.engines import DEFAULT, Engine, Runtime


class Memlora(Peer):
    """A bundle of this project; `kind` is the runtime below."""

    kind = DEFAULT
    drafts = True
    others: tuple[str, ...] = ("*.pte",)

    def __init__(self, model: Path, out: Path, threads: int) -> None:
        super().__init__(model, out, threads)
        self.bundle = Bundle.open(out / "bundle", verify=False)
        self._runtime = Runtime(threads)
        self._open: dict[str | None, Engine] = {}
        self._scripted: dict[tuple[str, bool], ScriptedOperation] = {}
        self._selected: str | None = None

    @classmethod
    def prepare(cls, model: Path, out: Path, group_size: int) -> None:
        write_bundle(model, out, (cls.kind,), group_size)

    @classmethod
    def shipped(cls, out: Path) -> list[Path]:
        """The bundle without its sentence embedder, which no other peer has, and without the other runtime's files."""
        left_out = ("embed*", *cls.others)
        files = [file for file in (out / "bundle").rglob("*") if file.is_file()]
        return [file for file in files if not any(file.match(pattern) for pattern in left_out)]

    def open(self, operation: str | None) -> None:
        if operation not in self._open:
            self._open[operation] = self._engine(operation or next(iter(self.bundle.operations)), operation is not None)

    def _engine(self, operation: str, adapter: bool = True, exact: bool = False) -> Engine:
        return self.bundle.open_engine(operation, self.kind, adapter, exact, self._runtime)

    def select(self, operation: str | None) -> None:
        if operation not in self._open:
            raise RuntimeError(f"{operation or 'a model without adapter'} is not open")
        self._selected = operation

    def feed(self, tokens: Sequence[int]) -> Row:
        return self._open[self._selected].feed(tokens)

    def rewind(self, length: int) -> None:
        self._open[self._selected].rewind(length)

    def prime(self, operation: str) -> None:
        for drafts in (False, self.drafts):  # drafts need an exact engine, whose steps cost more
            if (operation, drafts) not in self._scripted:  # an engine of its own: a session wants nobody beside it
                engine = self._engine(operation, exact=drafts)
                self._scripted[operation, drafts] = ScriptedOperation(self.bundle, operation, engine)
                self.call(operation, 0, drafts)

    def call(self, operation: str, number: int, drafts: bool) -> Call:
        row, facts = turn_rows(self.model, operation)[number], operations.get(operation)
        made = self._scripted[operation, drafts].call(facts.read_input(row.input), row.target, drafts)
        return Call(made.prompt_tokens, made.answer_tokens, made.first_token_ms, made.total_ms, made.steps)


class MemloraOnnx(Memlora):
    version = f"onnxruntime {version('onnxruntime')}"


PEER = MemloraOnnx

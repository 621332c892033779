"""Experts and bundles: every candidate with the first seed, the chosen ones with every other, one shared adapter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from distill.training.config import TrainingConfig, load_config
from distill.training.shared import SHARED, train_shared
from evaluation.protocol import Protocol
from evaluation.protocol.rows import ANSWER, STAGES
from evaluation.synthetic.stages import RememberedGenerator
from memlora_cli.reproduce.ingredients import Ingredients
from memlora_cli.reproduce.run_folder import RunFolder
from runtime_py.bundle import Bundle, Experts
from runtime_py.engines import DEFAULT
from runtime_py.files import MANIFEST
from runtime_py.operations.generator import Generator


def settings(protocol: Protocol, operation: str, candidate: str, seed: int) -> TrainingConfig:
    """How an expert is taught; raises `ConfigError` for a candidate's key or value that training does not know."""
    return load_config(operation, protocol.preset, None, **{**protocol.candidates[candidate], "seed": seed})


def shared_settings(protocol: Protocol, candidate: str, seed: int) -> TrainingConfig:
    """How the shared adapter is taught: as the answering expert's `candidate`, but for the protocol's `shared`."""
    told = {**protocol.candidates[candidate], **protocol.shared, "seed": seed}
    return load_config(ANSWER, protocol.preset, None, **told)


@dataclass(frozen=True)
class Source:
    """What does an operation, and what decides its answers."""

    generator: Generator
    identity: str


@dataclass
class Workshop:
    """Teaches experts on `rows` and opens them; what is there already is left as it is."""

    run: RunFolder
    given: Ingredients
    rows: Path
    _opened: dict[Path, tuple[Bundle, Generator]] = field(default_factory=dict)

    def expert(self, operation: str, candidate: str, seed: int) -> Path:
        """The adapter's folder."""
        from distill.training.start import train_expert

        config = settings(self.given.protocol, operation, candidate, seed)
        return train_expert(
            operation,
            self.given.base,
            self.rows,
            self._place("experts", candidate, seed),
            config,
            start=self.given.start,
            progress=self.run.progress,
        )

    def shared(self, candidate: str, seed: int) -> Path:
        """The adapter of all operations."""
        config = shared_settings(self.given.protocol, candidate, seed)
        place = self._place(SHARED, candidate, seed)
        return train_shared(STAGES, self.given.base, self.rows, place, config, self.run.progress)

    def _place(self, what: str, candidate: str, seed: int) -> Path:
        made_from = {
            "base": self.given.base_sha256,
            "rows": self.rows.name,
            "preset": self.given.protocol.preset,
            "candidate": dict(self.given.protocol.candidates[candidate]),
            SHARED: dict(self.given.protocol.shared) if what == SHARED else {},
            "seed": seed,
            "is_started": self.given.start is not None,
        }
        return self.run.named(f"{what} {candidate} {seed}", made_from)

    def bundle(self, name: str, adapters: Mapping[str, Path]) -> Path:
        """The bundle of these adapters for the default runtime: it appears only when every parity leg has passed."""
        from export.bundle import BundleConfig, OperationSource, export_bundle
        from export.sources.adapter import adapter_identity

        made_from = {
            "base": self.given.base_sha256,
            "adapters": {operation: adapter_identity(path) for operation, path in adapters.items()},
            "goldens": self.given.golden_prompts,
        }
        out = self.run.named(f"bundle {name}", made_from)
        if not (out / MANIFEST).is_file():
            sources = {operation: OperationSource(self.given.base, path) for operation, path in adapters.items()}
            read = 2 * self.given.protocol.memories_per_speaker
            config = BundleConfig(name, (DEFAULT,), read, golden_prompts=self.given.golden_prompts)
            export_bundle(sources, out, config, lambda what: self.run.progress(f"bundle {name}", 0, 1, what))
            self.run.progress(f"bundle {name}", 1, 1)
            self.run.made.append(out.name)
        return out

    def sources(self, bundle: Path, adapters: bool = True) -> dict[str, Source]:
        """By operation: the bundle's experts, or its base alone."""
        opened, generator = self._open(bundle, adapters)
        base = f"base {self.given.base_sha256}"
        if not adapters:
            return {name: Source(generator, base) for name in STAGES}
        taught = {name: opened.operation(name).adapter_sha256 for name in STAGES}
        return {name: Source(generator, f"expert {taught[name]}, {base}") for name in STAGES}

    def let_go(self) -> None:
        """Close the bundles that nothing refers to any more: each holds its base in memory."""
        self._opened.clear()

    def _open(self, bundle: Path, adapters: bool) -> tuple[Bundle, Generator]:
        key = bundle / str(adapters)
        if key not in self._opened:
            opened = Bundle.open(bundle)
            generator = RememberedGenerator(Experts.of_memory(opened, DEFAULT, adapters))
            self._opened[key] = opened, generator
        return self._opened[key]

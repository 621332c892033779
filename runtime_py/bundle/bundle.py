"""A verified bundle: what it holds, and the engines, prompts and grammars that are opened from it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from runtime_py import engines
from runtime_py.bundle import checks, links
from runtime_py.bundle.embedder import Embedder
from runtime_py.bundle.image_encoder import ImageEncoder
from runtime_py.bundle.manifest import (
    Manifest,
    OperationFiles,
    manifest_sha256,
    read_bundle_manifest,
    write_bundle_manifest,
)
from runtime_py.decoding import EngineSession, Grammar
from runtime_py.engines import AUTOMATIC, DEFAULT, Engine, EngineFiles, Runtime, open_engine
from runtime_py.errors import BundleError, ConfigError, MissingExtraError, UnavailableError
from runtime_py.operations.prompt import OperationPrompt
from runtime_py.text import Tokenizer

_LOG = logging.getLogger(__name__)

__all__ = ["Bundle", "Manifest", "OperationFiles", "write_bundle_manifest"]


@dataclass(frozen=True, eq=False)
class Bundle:
    """An opened bundle; engines opened from it share what they can."""

    path: Path
    manifest: Manifest
    tokenizer: Tokenizer
    prompts: Mapping[str, OperationPrompt]
    _seen: Mapping[str, checks.Signature] = field(repr=False)
    _shared: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, path: Path | str, verify: bool = True, hashed: checks.Hashed | None = None) -> "Bundle":
        """Check the bundle in folder `path` and open it: versions, paths, sizes, hashes, then how the parts fit.

        `verify` False leaves out only the hashes, for a folder that this process has just verified. `hashed(name,
        size)` is called after each hashed file. Raises `BundleError`, whose `reason` is the class of the refusal.
        """
        folder = Path(path).absolute()
        try:
            return cls._open(folder, verify, hashed)
        except OSError as e:
            where = Path(e.filename).name if isinstance(e.filename, str) else folder.name
            raise BundleError(
                f"cannot read {where}: expected a readable file, got {e.strerror or e}; check its permissions and disk",
                "unlinkable parts",
            ) from e

    @classmethod
    def _open(cls, folder: Path, verify: bool, hashed: checks.Hashed | None) -> "Bundle":
        manifest = read_bundle_manifest(folder)
        checks.check_paths(manifest)
        checks.check_sizes(manifest)
        seen = checks.check_tree(folder, manifest)
        if verify:
            checks.check_hashes(folder, manifest, hashed)
        tokenizer = Tokenizer.from_file(folder / manifest.tokenizer.file)
        links.check_links(folder, manifest, tokenizer)
        prompts = links.read_prompts(folder, manifest, tokenizer)
        for name in seen:
            checks.check_unchanged(folder, name, seen)
        return cls(folder, manifest, tokenizer, prompts, seen)

    def _file(self, name: str) -> Path:
        """The file `name`, unchanged since it was checked; raises `BundleError`."""
        return checks.check_unchanged(self.path, name, self._seen)

    def _program(self, name: str) -> Path:
        """The program `name`, unchanged since it was checked, as is all that lies in a folder of its own."""
        folder = PurePosixPath(name).parent
        for beside in self.manifest.files if folder.name else ():
            if folder in PurePosixPath(beside).parents:
                self._file(beside)
        return self._file(name)

    @cached_property
    def sha256(self) -> str:
        """One hash for the whole bundle."""
        return manifest_sha256(self.manifest)

    @property
    def operations(self) -> list[str]:
        """Names of the operations it holds, sorted."""
        return sorted(self.manifest.operations)

    def operation(self, name: str) -> OperationFiles:
        """The entry of operation `name`; raises `ConfigError` when the bundle has none."""
        try:
            return self.manifest.operations[name]
        except KeyError:
            raise ConfigError(
                f"unknown operation: expected one of {', '.join(self.operations)}, got {name!r}; name one of these"
            ) from None

    def prompt(self, name: str) -> OperationPrompt:
        """The prompt, stop tokens and limits of operation `name`."""
        self.operation(name)
        return self.prompts[name]

    def grammar(self, name: str) -> Grammar | None:
        """The automaton that constrains operation `name`, None for free text."""
        file = self.operation(name).grammar
        if file is None:
            return None
        key = f"grammar {name}"
        if key not in self._shared:
            self._shared[key] = Grammar.from_file(self._file(file))
        grammar: Grammar = self._shared[key]
        return grammar

    def golden(self, name: str) -> Path | None:
        """The parity vectors of operation `name`."""
        file = self.operation(name).golden
        return None if file is None else self._file(file)

    def vision_golden(self) -> Path | None:
        """Pictures and their rows, which prove the graph that sees; None in bundles of text, and in those before it."""
        file = "goldens/vision.safetensors"
        return self._file(file) if self.manifest.vision and file in self.manifest.files else None

    def engine_files(self, name: str) -> EngineFiles:
        """What an engine for operation `name` is opened from."""
        entry, model = self.operation(name), self.manifest.model
        base = entry.base or self.manifest.base
        if base is None:
            raise BundleError(
                f"missing base of {name}: expected one, got none; export the bundle again", "unlinkable parts"
            )
        programs = {**entry.programs, **(self.manifest.programs if entry.adapter else {})}
        return EngineFiles(
            operation=name,
            programs={kind: self._program(file) for kind, file in programs.items()},
            adapter=self._file(entry.adapter) if entry.adapter else None,
            base=self._file(base.file),
            base_sha256=base.sha256,
            adapter_sha256=entry.adapter_sha256,
            vocab_size=model.vocab_size,
            context_length=model.context_length,
            layers=model.layers,
            kv_heads=model.kv_heads,
            head_dim=model.head_dim,
            index=base.index,
            ranks=entry.targets,
        )

    def open_engine(
        self, name: str, kind: str = DEFAULT, adapter: bool = True, exact: bool = False, runtime: Runtime = AUTOMATIC
    ) -> Engine:
        """An engine for operation `name` with a KV cache of its own; as `engines.open_engine`."""
        return open_engine(self.engine_files(name), kind, adapter, self._shared, exact, runtime)

    def open_base_engine(self, name: str, kind: str = DEFAULT) -> Engine | None:
        """As `open_engine`, without the operation's adapter; None where the bundle's programs hold theirs inside."""
        found, files = engines.get(kind), self.engine_files(name)
        beside = found.takes_adapter and files.adapter is not None and not found.holds_adapter(files)
        return self.open_engine(name, kind, adapter=False, runtime=found.proof) if beside else None

    def open_proof_engine(self, name: str, kind: str = DEFAULT) -> Engine:
        """As `open_engine`, as the kind is to run when goldens are replayed."""
        return self.open_engine(name, kind, runtime=engines.get(kind).proof)

    def open_session(self, name: str, kind: str = DEFAULT, adapter: bool = True) -> EngineSession:
        """A session on a new engine, exact where there is such a one, that keeps the KV of the operation's prefix.

        A kind that does not start here and has a `fallback` is replaced by it, for all sessions from then on, and a
        warning says why.
        """
        kind = self._shared.get(f"instead of {kind}", kind)
        try:
            engine = self.open_engine(name, kind, adapter, exact=True)
        except (MissingExtraError, UnavailableError) as e:
            fallback = engines.get(kind).fallback
            if fallback is None:
                raise
            _LOG.warning("the engine %s is used in the place of %s: %s", fallback, kind, e)
            self._shared[f"instead of {kind}"] = fallback
            return self.open_session(name, fallback, adapter)
        return EngineSession(engine, self.prompt(name).prefix_tokens)

    def image_encoder(self) -> ImageEncoder | None:
        """What makes rows of a picture, opened once; None where no operation of the bundle reads pictures."""
        vision = self.manifest.vision
        if vision is None:
            return None
        key = "image encoder"
        if key not in self._shared:
            self._shared[key] = ImageEncoder(
                self._file(vision.file), vision.sha256, vision.side, vision.tokens, vision.hidden
            )
        encoder: ImageEncoder = self._shared[key]
        return encoder

    def embedder(self, kind: str = DEFAULT) -> Embedder:
        """The sentence embedder on the runtime `kind`; raises `BundleError` when the bundle has no program for it."""
        files = self.manifest.embedder
        if kind not in files.programs:
            raise BundleError(
                f"no {kind} program of the embedder: expected one, got {', '.join(files.programs) or 'none'}; "
                f"export the bundle with --target {kind}",
                "unlinkable parts",
            )
        return Embedder(
            self._file(files.programs[kind]),
            self._file(files.tokenizer),
            files.id,
            files.dimension,
            files.max_tokens,
            kind,
        )

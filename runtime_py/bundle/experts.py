"""The experts of a bundle as a `Generator`: prompt, constrained greedy decoding, parsing."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from runtime_py.bundle.bundle import Bundle
from runtime_py.decoding import EngineSession, Grammar, copy_grammar, greedy
from runtime_py.decoding.greedy import Decoded
from runtime_py.engines import DEFAULT, Engine
from runtime_py.errors import ContractError
from runtime_py.operations import check_memory, get
from runtime_py.operations.generator import Generated, OnText
from runtime_py.parts import Embeddings, Piece

Pictures = Callable[[str], Embeddings]
"""The name by which an input calls its picture -> the picture's rows, as the bundle's image encoder made them."""


class Watch(Protocol):
    """Sees what experts run, to compare it with what another runtime does."""

    def opened(self, operation: str, engine: Engine) -> Engine:
        """The engine to use in the place of `engine`, which was opened for `operation`."""
        ...

    def decoded(self, operation: str, prompt: Sequence[Piece], decoded: Decoded) -> None:
        """Called with the whole prompt and the answer of each call."""
        ...


class Experts:
    """Opens an engine per operation on first use. `adapters` False runs the bare base; `kind` is an engine's name.

    `pictures` gives the rows of the pictures that inputs name; without it operations that read pictures are refused.
    """

    def __init__(
        self,
        bundle: Bundle,
        kind: str = DEFAULT,
        adapters: bool = True,
        watch: Watch | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        self._bundle = bundle
        self._kind = kind
        self._adapters = adapters
        self._watch = watch
        self._pictures = pictures
        self._sessions: dict[str, EngineSession] = {}

    @classmethod
    def of_memory(
        cls,
        bundle: Bundle,
        kind: str = DEFAULT,
        adapters: bool = True,
        watch: Watch | None = None,
        pictures: Pictures | None = None,
    ) -> "Experts":
        """The experts of a bundle that makes a memory; raises `ConfigError` for one that makes none."""
        check_memory(bundle.operations, bundle.path, "export a bundle that has them")
        return cls(bundle, kind, adapters, watch, pictures)

    @property
    def operations(self) -> Collection[str]:
        """As `Generator.operations`."""
        return self._bundle.operations

    def run(self, operation: str, given: Any) -> Generated:
        """As `Generator.run`."""
        text, is_cut = self.complete(operation, given)
        return Generated(get(operation).parse(text), is_cut)

    def write(self, operation: str, given: Any, on_text: OnText) -> Generated:
        """As `WritingGenerator.write`."""
        text, is_cut = self.complete(operation, given, on_text)
        return Generated(get(operation).parse(text), is_cut)

    def complete(self, operation: str, given: Any, on_text: OnText | None = None) -> tuple[str, bool]:
        """The expert's text for an input, and whether its token limit or `on_text` ended it.

        Raises `ContractError` for an input that is too long, or one about a picture where none can be looked up.
        """
        parts, prompt, tokenizer = get(operation), self._bundle.prompt(operation), self._bundle.tokenizer
        fed = prompt.encode(tokenizer, *parts.pieces(given, self._rows_of))
        decoded = greedy.generate(
            self._session(operation),
            fed,
            grammar_of(self._bundle, operation, given),
            prompt.stop_tokens,
            prompt.max_new_tokens,
            likely=tokenizer.encode(parts.likely_text(given)),
            on_tokens=None if on_text is None else lambda tokens: on_text(tokenizer.settled(tokens)),
        )
        if self._watch is not None:
            self._watch.decoded(operation, fed, decoded)
        return tokenizer.decode(list(decoded.tokens)), decoded.is_cut

    def fits(self, operation: str, given: Any) -> bool:
        """As `Generator.fits`."""
        parts, vision = get(operation), self._bundle.manifest.vision
        places = len(self._bundle.tokenizer.encode(parts.render(given)))
        if parts.picture is not None and vision is not None:
            places += vision.tokens
        return places <= self._bundle.prompt(operation).max_input_tokens

    def _rows_of(self, name: str) -> Embeddings:
        if self._pictures is None:
            raise ContractError(
                f"no rows of the picture {name[:80]!r}: expected a look-up of pictures, got none; open the experts "
                "with pictures="
            )
        return self._pictures(name)

    def _session(self, operation: str) -> EngineSession:
        if operation not in self._sessions:
            session = self._bundle.open_session(operation, self._kind, self._adapters)
            if self._watch is not None:
                watched = self._watch.opened(operation, session.engine)
                session = EngineSession(watched, self._bundle.prompt(operation).prefix_tokens)
            self._sessions[operation] = session
        return self._sessions[operation]


def grammar_of(bundle: Bundle, operation: str, given: Any) -> Grammar | None:
    """The operation's own grammar, or that of the words its text about an input may be made of."""
    words = get(operation).words
    return copy_grammar(words(given), bundle.tokenizer) if words else bundle.grammar(operation)

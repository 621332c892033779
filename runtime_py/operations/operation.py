"""What an operation is: its prompt, its output schema, how output is parsed and what an unparsable output becomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from runtime_py.parts import Embeddings

In = TypeVar("In")
Out = TypeVar("Out")
LoraTargets = Literal["attention_qv", "all_linear"]


class UnparsableError(ValueError):
    """Model text that is not a valid output of the operation."""


@dataclass(frozen=True)
class Operation(Generic[In, Out]):
    """One memory operation that a language-model expert performs: from an `In` it makes an `Out`.

    `system` is the short trained prompt; `read_input` turns a JSON object into the input dataclass, `render` an input
    into the user message, `render_output` an output into the target text, `parse` model text into an output (raises
    `UnparsableError`), `fallback` an input into the output used when the text cannot be parsed. `schema` is the JSON
    schema that constrains decoding, None for free text. `lora_targets` is the adapter's default placement. `likely`
    turns an input into an output with which answers agree in parts: drafts are looked up in it, which change no token.
    `words` gives the words, with their case and no blank inside, that a free text for an input may be made of.
    `form_of` names the operation that a bundle with this one can do without: another form of the same work. No memory
    is made without each operation that `is_required`, or another form of it.
    `picture` gives the name of the picture that an input is about; a bundle of text alone does without such operations.
    `headline` names the figure of its scorer that plots and reports show. `is_taught` is False as long as it has no
    dataset, teacher's instructions, scorer and golden inputs yet.
    """

    name: str
    system: str
    read_input: Callable[[Mapping[str, Any]], In]
    render: Callable[[In], str]
    render_output: Callable[[Out], str]
    parse: Callable[[str], Out]
    fallback: Callable[[In], Out]
    schema: Mapping[str, Any] | None
    lora_targets: LoraTargets
    max_new_tokens: int
    likely: Callable[[In], Out] | None = None
    words: Callable[[In], Sequence[str]] | None = None
    picture: Callable[[In], str] | None = None
    form_of: str = ""
    is_required: bool = False
    headline: str = ""
    is_taught: bool = True

    @property
    def work(self) -> str:
        """The operation whose work it does: its own, or the one that it is another form of."""
        return self.form_of or self.name

    def pieces(self, given: In, rows_of: Callable[[str], Embeddings]) -> list[str | Embeddings]:
        """What the user gives, in order: the rows of the input's picture by name, where it has one; then the text."""
        text = self.render(given)
        return [rows_of(self.picture(given)), text] if self.picture else [text]

    def likely_text(self, given: In) -> str:
        """The text of `likely`, empty without one."""
        return self.render_output(self.likely(given)) if self.likely else ""

    @property
    def adapter_name(self) -> str:
        """The adapter's name inside PEFT (`update` alone collides with a dict method)."""
        return f"op_{self.name}"


AnyOperation = Operation[Any, Any]
"""An operation whose input and output are not known where it is handled."""

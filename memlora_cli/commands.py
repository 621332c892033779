"""The table of commands; a command's module is imported when it is asked for."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer


@dataclass(frozen=True)
class Command:
    """`module` of this package holds `function`, or a Typer app of that name with subcommands."""

    module: str
    function: str
    help: str


SECTIONS: dict[str, dict[str, Command]] = {
    "Use a memory": {
        "chat": Command("memory.chat", "chat", "Talk in the terminal and see what is remembered, changed, forgotten."),
        "add": Command("memory.exchange", "add", "Remember something that was said."),
        "ask": Command("memory.exchange", "ask", "Answer a question from the memories."),
        "search": Command("memory.exchange", "search", "Find memories or raw turns."),
        "list": Command("memory.store", "list_memories", "Show all memories of a user."),
        "history": Command("memory.store", "history", "Show every change of one memory, or all memories."),
        "photo": Command("memory.store", "photo", "Write a photo of the memory to a file."),
        "edit": Command("memory.exchange", "edit", "Give a memory other words."),
        "forget": Command("memory.store", "forget", "Forget one memory, or everything of a user, down to the bytes."),
        "undo": Command("memory.exchange", "undo", "Take back what was said last, and what came of it."),
        "check": Command("memory.store", "check", "Say what is wrong with a store."),
        "backup": Command("memory.store", "backup", "Copy a store to a new file."),
        "ingest": Command("memory.ingest", "ingest", "Remember whole dialogues; goes on where it was stopped."),
        "serve": Command("memory.serve", "serve", "Serve a memory to OpenAI's and Mem0's clients, and as a page."),
        "mcp": Command("memory.mcp", "mcp", "Give a model tools on it: add, search, ask, list, forget (MCP, stdio)."),
        "reindex": Command("memory.store", "reindex", "Compute every vector of a store again, for another embedder."),
    },
    "Make a bundle": {
        "corpus": Command("bundle.corpus", "corpus", "Generate synthetic dialogues with an oracle."),
        "import": Command("bundle.corpus", "import_app", "Turn LoCoMo, a chat, the written dialogues into the format."),
        "distill": Command("bundle.distill", "distill", "Teach the experts: datasets, then one adapter per operation."),
        "label": Command(
            "bundle.label", "label", "Let a teacher label dialogues, here or on Ray (also: distill label)."
        ),
        "teacher": Command("bundle.teacher", "try_teacher", "Score a teacher on rows whose answers are known."),
        "base": Command("bundle.base", "base", "Get a pretrained model as a checkpoint, its source and licence noted."),
        "quantize": Command("bundle.quantize", "quantize", "Shrink a checkpoint to the base that every runtime reads."),
        "calibrate": Command("bundle.calibrate", "calibrate", "Measure on texts what quantizing a checkpoint cost."),
        "ranges": Command("bundle.ranges", "ranges", "Measure activation ranges for an NPU on the operations' rows."),
        "inspect": Command("bundle.export", "inspect", "Say of each module of an adapter whether it can be exported."),
        "export": Command("bundle.export", "export", "Lower base and adapters into a verified bundle."),
        "card": Command(
            "bundle.hub", "card", "Print the card of a bundle, a base or an expert: what it is, its licence."
        ),
        "push": Command("bundle.hub", "push", "Send a bundle, a base or an expert to a Hugging Face hub."),
        "pull": Command("bundle.hub", "pull", "Get a bundle, a base or an expert from a hub, every hash compared."),
        "link": Command("bundle.export", "link", "Put a retrained adapter into a bundle without lowering."),
    },
    "Judge a bundle": {
        "verify": Command("judgement.verify", "verify", "Check every file and replay the parity vectors."),
        "parity": Command("judgement.parity", "parity", "Judge another runtime, a phone's say, against Python's own."),
        "eval": Command("judgement.evaluate", "evaluate", "Score a bundle on the synthetic suite or on LoCoMo."),
        "bench": Command("judgement.bench", "bench", "Measure a bundle's speed, memory and size on this machine."),
        "demo": Command("judgement.demo", "demo", "The whole story: train, export, verify, remember, answer."),
    },
    "Repeat the paper": {
        "reproduce": Command("reproduce.command", "reproduce", "Run MemLoRA's protocol on LoCoMo, to one table."),
    },
}
COMMANDS = {name: command for section in SECTIONS.values() for name, command in section.items()}
HELP_NAMES = ["-h", "--help"]
_OWN_OPTIONS = (
    "`memlora --version [--json]` tells the versions of programs and formats.",
    "`memlora --install-completion` completes commands in your shell, `--show-completion` prints the script.",
)


def overview() -> str:
    """The text of `memlora --help`, made without importing any command."""
    width = max(map(len, COMMANDS))
    lines = [
        "Usage: memlora COMMAND [OPTIONS]",
        "",
        "A private memory for small language models, on one int4 base.",
        "",
    ]
    for title, commands in SECTIONS.items():
        lines += [f"{title}:", *(f"  {name:<{width}}  {command.help}" for name, command in commands.items()), ""]
    return "\n".join([*lines, "`memlora COMMAND --help` tells the options of a command.", *_OWN_OPTIONS])


def load(name: str) -> "typer.Typer | Callable[..., Any]":
    """What runs a command: a function, or a Typer app with subcommands. Imports what the command does at once."""
    command = COMMANDS[name]
    found: typer.Typer | Callable[..., Any]
    found = getattr(importlib.import_module(f"memlora_cli.{command.module}"), command.function)
    return found


def open_command(name: str) -> "typer.Typer":
    """The Typer app that runs a command by itself."""
    import typer

    from memlora_cli.arguments import CheckedCommand

    found = load(name)
    app = found if isinstance(found, typer.Typer) else typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    if not isinstance(found, typer.Typer):
        app.command()(found)
    for command in app.registered_commands:
        command.cls = CheckedCommand
    return app

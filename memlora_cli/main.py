"""`memlora`: finds the command, imports its module and nothing else, and turns a user's mistake into one sentence."""

import difflib
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
DOWNLOADS = ("base",)  # the commands that may fetch what the user names


@dataclass(frozen=True)
class Command:
    """`module` of this package holds `function`, or a Typer app of that name with subcommands."""

    module: str
    function: str
    help: str


SECTIONS: dict[str, dict[str, Command]] = {
    "Use a memory": {
        "chat": Command(
            "memory.chat", "chat", "Talk in the terminal and see what is remembered, changed, forgotten."
        ),
        "add": Command("memory.exchange", "add", "Remember something that was said."),
        "ask": Command("memory.exchange", "ask", "Answer a question from the memories."),
        "search": Command("memory.exchange", "search", "Find memories or raw turns."),
        "list": Command("memory.store", "list_memories", "Show all memories of a user."),
        "history": Command("memory.store", "history", "Show every change of one memory, or all memories."),
        "edit": Command("memory.exchange", "edit", "Give a memory other words."),
        "forget": Command("memory.store", "forget", "Forget one memory, or everything of a user, down to the bytes."),
        "check": Command("memory.store", "check", "Say what is wrong with a store."),
        "backup": Command("memory.store", "backup", "Copy a store to a new file."),
        "ingest": Command("memory.ingest", "ingest", "Remember whole dialogues; goes on where it was stopped."),
        "reindex": Command("memory.store", "reindex", "Compute every vector of a store again, for another embedder."),
    },
    "Make a bundle": {
        "corpus": Command("bundle.corpus", "corpus", "Generate synthetic dialogues with an oracle."),
        "import": Command(
            "bundle.corpus", "import_app", "Turn LoCoMo, a chat, the written dialogues into the format."
        ),
        "distill": Command("bundle.distill", "distill", "Teach the experts: datasets, then one adapter per operation."),
        "base": Command(
            "bundle.base", "base", "Get a pretrained model as a checkpoint, its source and licence noted."
        ),
        "quantize": Command("bundle.quantize", "quantize", "Shrink a checkpoint to the base that every runtime reads."),
        "calibrate": Command("bundle.calibrate", "calibrate", "Measure on texts what quantizing a checkpoint cost."),
        "inspect": Command("bundle.export", "inspect", "Say of each module of an adapter whether it can be exported."),
        "export": Command("bundle.export", "export", "Lower base and adapters into a verified bundle."),
        "link": Command("bundle.export", "link", "Put a retrained adapter into a bundle without lowering."),
    },
    "Judge a bundle": {
        "verify": Command("judgement.verify", "verify", "Check every file and replay the parity vectors."),
        "eval": Command("judgement.evaluate", "evaluate", "Score a bundle on the synthetic suite or on LoCoMo."),
        "bench": Command("judgement.bench", "bench", "Measure a bundle's speed, memory and size on this machine."),
        "demo": Command("judgement.demo", "demo", "The whole story: train, export, verify, remember, answer."),
    },
}
COMMANDS = {name: command for section in SECTIONS.values() for name, command in section.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 fine, 1 quality or parity failed, 2 bad usage or input, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("--help", "-h", "help"):
        print(overview())
        return 0
    if given[0] == "--version":
        from importlib.metadata import version

        print(f"memlora {version('memlora')}")
        return 0
    if given[0] not in COMMANDS:
        return _unknown(given[0])
    return _run(given[0], given[1:])


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
    return "\n".join([*lines, "`memlora COMMAND --help` tells the options of a command."])


def _unknown(name: str) -> int:
    near = difflib.get_close_matches(name, COMMANDS, 1)
    kind = "option" if name.startswith("-") else "command"
    hint = f"did you mean {near[0]}?" if near else "see `memlora --help`"
    print(f"unknown {kind} {name!r}: expected one of {', '.join(COMMANDS)}; {hint}", file=sys.stderr)
    return EXIT_USAGE


def _run(name: str, arguments: list[str]) -> int:
    import typer
    from typer.exceptions import TyperException

    from memlora_cli.extras import explain_missing
    from memlora_cli.terminal import say
    from runtime_py.errors import MemloraError
    from runtime_py.privacy import stay_offline

    if name not in DOWNLOADS:
        stay_offline()
    _quiet_libraries()
    _keep_caches_together()
    command = COMMANDS[name]
    try:
        with explain_missing():
            app = getattr(importlib.import_module(f"memlora_cli.{command.module}"), command.function)
            if not isinstance(app, typer.Typer):
                function, app = app, typer.Typer(add_completion=False, pretty_exceptions_enable=False)
                app.command()(function)
            code = app(arguments, prog_name=f"memlora {name}", standalone_mode=False)
    except MemloraError as e:
        say(" ".join(str(e).split()))
        return e.exit_code
    except TyperException as e:
        say(f"{e.format_message()} See `memlora {name} --help`.")
        return EXIT_USAGE
    except (typer.Abort, KeyboardInterrupt):
        code = EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left
        sys.stderr.close()
        return 0
    if code == EXIT_INTERRUPTED:  # Typer may also return it
        print("interrupted: what was finished is kept; run the same command again to go on", file=sys.stderr)
    return code if isinstance(code, int) else 0


def _quiet_libraries() -> None:
    """Libraries warn developers on stderr, where a user looks for our lines; PYTHONWARNINGS=default shows them."""
    if sys.warnoptions:
        return
    warnings.simplefilter("ignore")
    for noisy in ("torch.utils._pytree", "torch.onnx._internal.exporter._registration"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def _keep_caches_together() -> None:
    """The font list that plots need lies in memlora's own cache folder, so that no other file is written."""
    from pathlib import Path

    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    own = os.environ.get("MEMLORA_CACHE") or Path(home) / "memlora"
    os.environ.setdefault("MPLCONFIGDIR", str(Path(own) / "matplotlib"))


if __name__ == "__main__":
    sys.exit(main())

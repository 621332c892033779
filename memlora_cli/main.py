"""`memlora`: finds the command, imports its module and nothing else, and turns a user's mistake into one sentence."""

import difflib
import logging
import os
import sys
import warnings
from collections.abc import Sequence

from memlora_cli.commands import COMMANDS, HELP_NAMES, open_command, overview

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
COMPLETION_VARIABLE = "_MEMLORA_COMPLETE"  # set by the shell's script
DOWNLOADS = ("base", "push", "pull")  # the commands that may reach a hub, for what the user names


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 fine, 1 quality or parity failed, 2 bad usage or input, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if COMPLETION_VARIABLE in os.environ or given[:1] in (["--show-completion"], ["--install-completion"]):
        from memlora_cli.completion import complete

        return complete(given)
    if not given or given[0] in (*HELP_NAMES, "help"):
        print(overview())
        return 0
    if given[0] == "--version":
        return _version(given[1:])
    if given[:2] == ["distill", "label"]:
        del given[0]
    if given[0] not in COMMANDS:
        return _unknown(given[0])
    return _run(given[0], given[1:])


def _version(options: list[str]) -> int:
    if options not in ([], ["--json"]):
        print(f"wrong options: expected `memlora --version [--json]`, got {' '.join(options)}", file=sys.stderr)
        return EXIT_USAGE
    from memlora_cli.versions import print_versions

    print_versions(bool(options))
    return 0


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
    from memlora_cli.terminal import complain
    from runtime_py.errors import MemloraError
    from runtime_py.privacy import stay_offline

    if name not in DOWNLOADS:
        stay_offline()
    _quiet_libraries()
    _keep_caches_together()
    try:
        with explain_missing():
            app = open_command(name)
            code = app(arguments, prog_name=f"memlora {name}", standalone_mode=False, help_option_names=HELP_NAMES)
    except MemloraError as e:
        complain(str(e))
        return e.exit_code
    except TyperException as e:
        complain(f"{e.format_message()} See `memlora {name} --help`.")
        return EXIT_USAGE
    except (typer.Abort, KeyboardInterrupt):
        code = EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left
        sys.stderr.close()
        return 0
    except OSError as e:
        if e.filename is None:
            raise
        complain(f"cannot use {e.filename}: expected to read or write it, got {e.strerror}; name another")
        return EXIT_USAGE
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

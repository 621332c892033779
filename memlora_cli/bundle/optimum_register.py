"""`optimum-cli export memlora`: the same export under the tool's own command line.

The wheel also carries this file in `optimum/commands/register/`, the namespace folder that optimum reads.
"""

import sys
from argparse import ArgumentParser

from optimum.commands.base import BaseOptimumCLICommand, CommandInfo
from optimum.commands.export.base import ExportCommand


class MemloraExportCommand(BaseOptimumCLICommand):  # type: ignore[misc]  # optimum ships no types
    """Quantize a checkpoint, lower it with its experts and write a verified bundle."""

    COMMAND = CommandInfo(name="memlora", help="Export a model and its memory experts to one memlora bundle.")

    @staticmethod
    def parse_args(parser: ArgumentParser) -> None:
        """The options that `memlora quantize` and `memlora export` need."""
        parser.add_argument("-m", "--model", required=True, help="folder of a Hugging Face checkpoint")
        parser.add_argument("--adapters", required=True, help="folder with one PEFT adapter per operation")
        parser.add_argument("--group-size", type=int, help="weights that share one scale: 32, 64 or 128")
        parser.add_argument("output", help="folder of the bundle to write")

    def run(self) -> None:
        """Exit code 2 and one sentence for a user's mistake, as `memlora export` gives."""
        from pathlib import Path

        from memlora_cli.main import main

        base = f"{Path(self.args.output)}.base"
        group_size = ["--group-size", str(self.args.group_size)] if self.args.group_size else []
        for arguments in (
            ["quantize", self.args.model, "--out", base, *group_size],
            ["export", base, "--adapters", self.args.adapters, "--out", self.args.output],
        ):
            if code := main(arguments):
                sys.exit(code)


REGISTER_COMMANDS = [(MemloraExportCommand, ExportCommand)]

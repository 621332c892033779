"""`memlora push` and `memlora pull`: what was made, to and from a Hugging Face hub."""

from pathlib import Path
from typing import Annotated

import typer

from memlora_cli.opening import JsonOption
from memlora_cli.terminal import print_json, results, say

RepoArgument = Annotated[str, typer.Argument(help="owner/name on the hub.", show_default=False)]


def push(
    folder: Annotated[Path, typer.Argument(help="A bundle, a base or an expert.", show_default=False)],
    repo: RepoArgument,
    private: Annotated[bool, typer.Option("--private", help="A new repository is seen by you alone.")] = False,
    message: Annotated[str, typer.Option(help="Of the commit.")] = "memlora push",
    json: JsonOption = False,
) -> None:
    """Check a folder and send it to the hub, which then holds exactly that; `HF_TOKEN`, or `hf`, says who you are."""
    from export.hub import push_folder

    say(f"sending {folder} to {repo}")
    commit = push_folder(folder, repo, private, message)
    print_json({"repo": repo, "commit": commit}) if json else results().print(f"{repo} at {commit}", markup=False)


def pull(
    repo: RepoArgument,
    out: Annotated[Path | None, typer.Option(help="Write here; by default a folder of the repository's name.")] = None,
    revision: Annotated[str, typer.Option(help="A branch, a tag or a commit.")] = "main",
    json: JsonOption = False,
) -> None:
    """Get a bundle, a base or an expert from the hub; it appears only when every hash in its manifest is right."""
    from export.hub import pull_folder

    target = out or Path(repo.rpartition("/")[2])
    say(f"getting {repo} at {revision}")
    kind, commit = pull_folder(repo, target, revision)
    if json:
        print_json({"folder": str(target), "kind": kind, "repo": repo, "commit": commit})
    else:
        results().print(f"{target}: {kind}, {repo} at {commit}", markup=False)

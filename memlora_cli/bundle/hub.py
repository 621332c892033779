"""`memlora push` and `memlora pull`: what was made, to and from a Hugging Face hub; `memlora card` tells what it is."""

from pathlib import Path
from typing import Annotated

import typer

from memlora_cli.opening import JsonOption
from memlora_cli.terminal import print_json, results, say
from runtime_py.errors import ConfigError

FolderArgument = Annotated[Path, typer.Argument(help="A bundle, a base or an expert.", show_default=False)]
RepoArgument = Annotated[str, typer.Argument(help="owner/name on the hub.", show_default=False)]


def push(
    folder: FolderArgument,
    repo: RepoArgument,
    private: Annotated[bool, typer.Option("--private", help="A new repository is seen by you alone.")] = False,
    message: Annotated[str, typer.Option(help="Of the commit.")] = "memlora push",
    card: Annotated[Path | None, typer.Option(help="A card of your own words; by default `memlora card`'s.")] = None,
    json: JsonOption = False,
) -> None:
    """Check a folder and send it to the hub, which then holds exactly that; `HF_TOKEN`, or `hf`, says who you are."""
    from export.hub import push_folder

    text = read_card(card) if card else None
    say(f"sending {folder} to {repo}")
    commit = push_folder(folder, repo, private, message, text)
    print_json({"repo": repo, "commit": commit}) if json else results().print(f"{repo} at {commit}", markup=False)


def card(folder: FolderArgument, json: JsonOption = False) -> None:
    """Print the card that goes with a folder to the hub: licence, base, how it was made; to read, or to write on."""
    from export.hub import describe_folder

    text = describe_folder(folder)
    print_json({"folder": str(folder), "card": text}) if json else results().print(
        text, markup=False, emoji=False, end=""
    )


def read_card(path: Path) -> str:
    """The text of a card's file; raises `ConfigError` for one without text in UTF-8."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path}: expected a card in UTF-8, got other bytes; write it again") from e
    if not text.strip():
        raise ConfigError(f"{path}: expected a card, got no text; begin with what `memlora card` prints")
    return text


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

"""Folders to and from a Hugging Face hub (`HF_ENDPOINT` names another one), checked on this side of both ways.

A card goes with them and does not come back: people edit it there, and a folder holds what its manifest lists.
"""

import importlib
import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from export.cards import write_card
from runtime_py.bundle import MANIFEST, SEAL, Bundle
from runtime_py.errors import ConfigError
from runtime_py.files import is_current, read_manifest, write_folder

_KINDS = ("base", "adapter")
CARD = "README.md"
_SETTINGS = ".gitattributes"
_ADDED = (_SETTINGS, ".cache")  # by the hub, and by its client
_SAYS = {
    401: "no token or a wrong one",
    403: "a token without the right to it",
    404: "none of that name and revision that you may see",
    429: "too many requests: come again later",
}


def check_folder(folder: Path) -> str:
    """`bundle`, `base` or `adapter`, with every file's hash compared.

    Raises `BundleError` for a bundle that is refused, `ConfigError` for a changed file and for what is none of these.
    """
    if (folder / SEAL).is_file():
        Bundle.open(folder)
        return "bundle"
    manifest = read_manifest(folder)
    kind = str(manifest.get("kind"))
    if kind not in _KINDS:
        raise ConfigError(
            f"{folder}: expected a bundle, a base or an expert, got a folder of kind {kind!r}; name another"
        )
    listed = {*manifest["files"], MANIFEST}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if extra := sorted(there - listed):
        raise ConfigError(f"{folder}: expected only files listed in {MANIFEST}, got {extra[0]}; remove it")
    if not is_current(folder, manifest["config"]):
        raise ConfigError(
            f"{folder}: expected the files that {MANIFEST} lists, got a changed or missing one; make it again"
        )
    return kind


def describe_folder(folder: Path) -> str:
    """The card of a folder, which is checked first; raises as `check_folder`."""
    return write_card(folder, check_folder(folder))


def push_folder(folder: Path, repo: str, private: bool, message: str, card: str | None = None) -> str:
    """Sends a checked folder to the repository `repo`, made where there is none, which then holds exactly its files
    and its card: `card`, or without one what the manifest says.

    Returns the commit. Raises as `check_folder`, and `ConfigError` where the hub refuses or is not reached.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    made = describe_folder(folder)
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    with _explained(repo):
        api = HfApi(library_name="memlora")
        api.create_repo(repo, private=private, exist_ok=True)
        gone = set(api.list_repo_files(repo)) - set(paths) - {CARD, _SETTINGS}
        files = [CommitOperationAdd(name, path) for name, path in paths.items()]
        cards = [CommitOperationAdd(CARD, (card or made).encode())] if CARD not in paths else []
        deleted = [CommitOperationDelete(name) for name in sorted(gone)]
        commit = api.create_commit(repo, [*files, *cards, *deleted], commit_message=message)
    return str(commit.oid)


def pull_folder(repo: str, out: Path, revision: str) -> tuple[str, str]:
    """Writes what `repo` holds at `revision` to `out`, where it appears only when it is checked: its kind, the commit.

    Raises as `check_folder`, and `ConfigError` where the hub does not give it.
    """
    from huggingface_hub import HfApi, snapshot_download

    with write_folder(out) as folder:
        with _explained(repo):
            commit = HfApi(library_name="memlora").model_info(repo, revision=revision).sha
            snapshot_download(repo, revision=commit, local_dir=folder)
        for name in (*_ADDED, *([] if _lists_card(folder) else [CARD])):
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        kind = check_folder(folder)
    return kind, str(commit)


def _lists_card(folder: Path) -> bool:
    """Whether a manifest that nobody has checked yet speaks of a `README.md` as its own."""
    manifest = folder / MANIFEST
    return manifest.is_file() and f'"{CARD}"'.encode() in manifest.read_bytes()


@contextmanager
def _explained(repo: str) -> Iterator[None]:
    """Turns what the hub's client raises into one sentence; tokens stand in none of its messages' first lines."""
    from huggingface_hub import errors

    # Newer versions of the hub's package raise the errors of httpx2, older ones those of httpx; OSErrors are a full
    # disk and a file that came shorter than announced, ValueErrors a name or the head of a card that it does not take.
    http = importlib.import_module("httpx2" if importlib.util.find_spec("httpx2") else "httpx")
    own = tuple(kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__)
    refusals = tuple(kind for kind in own if issubclass(kind, Exception))
    try:
        yield
    except (*refusals, http.HTTPError, OSError, ValueError) as e:
        said = _SAYS.get(getattr(getattr(e, "response", None), "status_code", 0), "")
        lines = str(e).strip().splitlines() or [type(e).__name__]
        said = said or (" ".join(lines) if isinstance(e, ValueError) else lines[0])
        raise ConfigError(
            f"{repo}: expected a repository that the hub gives and takes, got {said!r}; check name, network and login"
        ) from e

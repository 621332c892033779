"""Folders to and from a Hugging Face hub (`HF_ENDPOINT` names another one), checked on this side of both ways."""

import importlib
import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime_py.bundle import MANIFEST, SEAL, Bundle
from runtime_py.errors import ConfigError
from runtime_py.files import is_current, read_manifest, write_folder

_KINDS = ("base", "adapter")
_ADDED = (".gitattributes", ".cache")  # by the hub, and by its client


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


def push_folder(folder: Path, repo: str, private: bool, message: str) -> str:
    """Sends a checked folder to the repository `repo`, made where there is none, which then holds exactly its files.

    Returns the commit. Raises as `check_folder`, and `ConfigError` where the hub refuses or is not reached.
    """
    from huggingface_hub import HfApi

    check_folder(folder)
    with _explained(repo):
        api = HfApi(library_name="memlora")
        api.create_repo(repo, private=private, exist_ok=True)
        commit = api.upload_folder(repo_id=repo, folder_path=folder, commit_message=message, delete_patterns="*")
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
        for name in _ADDED:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        kind = check_folder(folder)
    return kind, str(commit)


@contextmanager
def _explained(repo: str) -> Iterator[None]:
    """Turns what the hub's client raises into one sentence; tokens stand in none of its messages' first lines."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    # Newer versions of the hub's package raise the errors of httpx2, older ones those of httpx.
    http = importlib.import_module("httpx2" if importlib.util.find_spec("httpx2") else "httpx")
    refusals = HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled, http.HTTPError
    try:
        yield
    except refusals as e:
        said = str(e).strip().splitlines()[0] if str(e).strip() else type(e).__name__
        raise ConfigError(
            f"{repo}: expected a repository that the hub gives and takes, got {said!r}; check name, network and login"
        ) from e

"""A checkpoint from the Hugging Face hub."""

import importlib
import importlib.util
from pathlib import Path

from calibration.sources.origin import Origin
from runtime_py.errors import ConfigError

_PATTERNS = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja", "LICENSE*"]


def download_checkpoint(name: str, out: Path) -> Origin:
    """Downloads `owner/name` into folder `out`, with progress; raises `ConfigError` when the hub does not give it."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    # Newer versions of the hub's package raise the errors of httpx2, older ones those of httpx.
    http = importlib.import_module("httpx2" if importlib.util.find_spec("httpx2") else "httpx")
    refusals = HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled, http.HTTPError, OSError
    try:
        info = HfApi().model_info(name)
        snapshot_download(name, revision=info.sha, local_dir=out, allow_patterns=_PATTERNS)
    except refusals as e:
        said = str(e).strip().splitlines()[0] if str(e).strip() else type(e).__name__
        raise ConfigError(
            f"{name}: expected a model that the hub gives, got {said!r}; check name and network, or give a name "
            "known here, a folder or a GGUF file"
        ) from e
    licence = getattr(info.card_data, "license", None) if info.card_data else None
    return Origin(f"{name} at {info.sha}, from the Hugging Face hub", licence)

"""Nothing that memlora loads calls anybody: what the libraries read from the environment, set before they are imported.

ONNX Runtime on Linux otherwise looks up a host of its maker seconds after its import, and keeps a device id and a queue
of events under the user's cache folder; no call after the import stops it.
"""

import os
import sys
import warnings
from ipaddress import ip_address

# Always: nobody who keeps a private memory wants these.
SILENCE = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "RAY_USAGE_STATS_ENABLED": "0",
}
# Models are folders on this disk and are not looked for elsewhere, unless the user's own environment says otherwise.
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


def silence() -> None:
    """Set `SILENCE` here and in children. Warns when ONNX Runtime was imported before, which is too late."""
    if "onnxruntime" in sys.modules and not os.environ.get("ORT_DISABLE_TELEMETRY"):
        warnings.warn(
            "onnxruntime was imported before memlora, so its telemetry is on: expected ORT_DISABLE_TELEMETRY=1 in the "
            "environment or memlora imported first; do one of the two",
            stacklevel=3,
        )
    os.environ.update(SILENCE)


def stay_offline() -> None:
    """Set `OFFLINE`: for everything but a download that the user asks for."""
    for name, value in OFFLINE.items():
        os.environ.setdefault(name, value)


def is_this_machine(host: str) -> bool:
    """Whether only this machine can be reached by `host`: `localhost`, or an address of the loopback interface."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

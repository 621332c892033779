"""What every handler has at hand."""

from dataclasses import dataclass

from serving.http.opened import Opened
from serving.http.settings import Settings
from serving.http.worker import Worker


@dataclass(frozen=True)
class State:
    """The bundle that is served, how, and the turns of its requests."""

    opened: Opened
    settings: Settings
    worker: Worker

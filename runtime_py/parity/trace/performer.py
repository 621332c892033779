"""Python's side of the protocol, which the reference and Python's runner share: requests are done on a bundle."""

import platform
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from runtime_py import engines
from runtime_py.bundle import Bundle, Experts
from runtime_py.decoding import EngineSession, greedy
from runtime_py.errors import ConfigError, MemloraError
from runtime_py.memory import Memory, Sight, memory_to_json, photo_to_json, read_labels
from runtime_py.parity.trace import rows
from runtime_py.parity.trace.pictured import picture_from_json, prompt_from_json
from runtime_py.parity.trace.requests import PROTOCOL
from runtime_py.parity.trace.watch import TOP, Call, Collector
from runtime_py.store import Store

Asked = Mapping[str, Any]


class Performer:
    """Does requests in order, on engines of `kind` and a store in the new file `store`.

    Of each step `kept` logits are kept in `calls`, those of the last request.
    """

    def __init__(self, bundle: Bundle, store: Path, kind: str = engines.DEFAULT, kept: int = TOP) -> None:
        self._bundle, self._path, self._kind = bundle, store, kind
        self._watch = Collector(kept)
        self._golden: tuple[str, EngineSession] | None = None
        self._opened: Memory | None = None
        self._now = datetime.min
        self.calls: tuple[Call, ...] = ()

    def close(self) -> None:
        """Close the store, where one was opened."""
        if self._opened is not None:
            self._opened.close()

    def respond(self, request: Asked) -> dict[str, Any]:
        """The answer to one request; raises `ConfigError` for one of an unknown kind."""
        does = _DOES.get(request["kind"])
        if does is None:
            raise ConfigError(f"unknown request: expected one of {', '.join(_DOES)}, got {request['kind']!r:.40}")
        self._now = datetime.fromisoformat(request["at"])
        answer = {"id": request["id"], "kind": request["kind"]}
        told: dict[str, Any]
        try:
            told = {"result": does(self, request)}
        except MemloraError as e:
            told = {"error": type(e).__name__, "message": str(e)}
        self.calls = self._watch.take()
        return {**answer, "calls": [call.to_json() for call in self.calls], **told}

    @property
    def _memory(self) -> Memory:
        if self._opened is None:
            self._golden = None  # its KV is as large as that of the engine which now takes its place
            experts = Experts.of_memory(
                self._bundle, self._kind, watch=self._watch, pictures=lambda name: sight.rows_of(name)
            )
            embedder = self._bundle.embedder(self._kind)
            store = Store(self._path, embedder, clock=lambda: self._now)
            sight = Sight(self._bundle.image_encoder, store)
            retrieve_k = self._bundle.prompt("generate").retrieve_k
            self._opened = Memory(experts, embedder, store, retrieve_k, sight=sight)
        return self._opened

    @property
    def store(self) -> Store:
        """The store, opened when it is first asked for."""
        return self._memory.store

    def _hello(self, request: Asked) -> Any:
        kind = engines.get(self._kind)
        versions = [f"{name} {_version(name)}" for name in kind.packages[:1]]
        runtime = ", ".join([f"Python {platform.python_version()}", *versions, platform.machine()])
        told = {"protocol": PROTOCOL, "bundle": self._bundle.sha256, "script": request["script"]}
        return {**told, "runtime": runtime}

    def _decode(self, request: Asked) -> Any:
        name = request["operation"]
        if self._golden is None or self._golden[0] != name:
            self._golden = None
            engine = self._watch.opened(name, self._bundle.open_engine(name, self._kind, exact=True))
            self._golden = name, EngineSession(engine, self._bundle.prompt(name).prefix_tokens)
        prompt = self._bundle.prompt(name)
        grammar = self._bundle.grammar(name)
        fed = prompt_from_json(request["prompt"])
        decoded = greedy.generate(self._golden[1], fed, grammar, prompt.stop_tokens, prompt.max_new_tokens)
        self._watch.decoded(name, fed, decoded)

    def _add(self, request: Asked) -> Any:
        labels = read_labels(request.get("agent_id"), request.get("run_id"), request.get("metadata"))
        return self._memory.add(
            request["messages"],
            request["user"],
            _day(request.get("date")),
            request.get("session", ""),
            request.get("place", ""),
            is_imported=request.get("imported", False),
            labels=labels,
            infer=request.get("infer", True),
            images=[picture_from_json(image) for image in request.get("images", ())],
        ).to_json()

    def _ask(self, request: Asked) -> Any:
        asked_on, asker = _day(request.get("date")), request.get("asker", "")
        return self._memory.ask(request["question"], request["user"], None, asked_on, asker).to_json()

    def _search(self, request: Asked) -> Any:
        past = request.get("past", False)
        found = self._memory.search(request["query"], request["user"], request.get("limit", 10), include_past=past)
        return [recalled.to_json() for recalled in found]

    def _search_photos(self, request: Asked) -> Any:
        found = self._memory.search_photos(request["query"], request["user"], request.get("limit", 10))
        return [recalled.to_json() for recalled in found]

    def _photos(self, request: Asked) -> Any:
        return [photo_to_json(photo) for photo in self.store.photos(request["user"])]

    def _forget_photo(self, request: Asked) -> Any:
        self._memory.forget_photo(request["photo"], request["user"])

    def _list(self, request: Asked) -> Any:
        return [memory_to_json(memory) for memory in self._memory.get_all(request["user"])]

    def _history(self, request: Asked) -> Any:
        return [dict(vars(row)) for row in self._memory.history(request["memory"], request["user"])]

    def _update(self, request: Asked) -> Any:
        self._memory.update(request["memory"], request["text"], request["user"])

    def _delete(self, request: Asked) -> Any:
        self._memory.delete(request["memory"], request["user"])

    def _delete_all(self, request: Asked) -> Any:
        self._memory.delete_all(request["user"])

    def _undo(self, request: Asked) -> Any:
        undone = self._memory.undo(request["user"])
        return {name: list(values) for name, values in vars(undone).items()}

    def _rows(self, request: Asked) -> Any:
        found = rows.read_rows(self.store, request["table"])
        return {"rows": rows.to_json(found), "sha256": rows.rows_sha256(found)}

    def _end(self, request: Asked) -> Any:
        return {"requests": request["id"] + 1}


_DOES: dict[str, Callable[[Performer, Asked], Any]] = {
    "hello": Performer._hello,
    "golden": Performer._decode,
    "add": Performer._add,
    "ask": Performer._ask,
    "search": Performer._search,
    "search_photos": Performer._search_photos,
    "photos": Performer._photos,
    "forget_photo": Performer._forget_photo,
    "list": Performer._list,
    "history": Performer._history,
    "edit": Performer._update,
    "delete": Performer._delete,
    "delete_all": Performer._delete_all,
    "undo": Performer._undo,
    "rows": Performer._rows,
    "end": Performer._end,
}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)

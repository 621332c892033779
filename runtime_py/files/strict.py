"""JSON objects read key by key: a missing, unknown or mistyped key is one sentence that says what was expected."""

import difflib
import json
import math
from collections.abc import Collection, Mapping
from typing import Any

from runtime_py.errors import ConfigError

_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}


class StrictObject:
    """A JSON object at a `place`; `finish` refuses the keys that were not asked for."""

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self.values, self.place = values, place
        self._known: set[str] = set()

    @classmethod
    def parse(cls, text: str, place: str) -> "StrictObject":
        """The object written in `text`. Raises `ConfigError` for broken JSON, another type or a repeated key."""

        def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
            seen: dict[str, Any] = {}
            for key, value in found:
                if key in seen:
                    raise ConfigError(f"{place}: expected every key once, got {key!r} twice; delete one")
                seen[key] = value
            return seen

        def constant(name: str) -> None:
            raise ConfigError(f"{place}: expected finite numbers, got {name}; correct it")

        try:
            value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
        except (ValueError, RecursionError) as e:
            raise ConfigError(
                f"{place}: expected a JSON object, got broken JSON ({e}); the file may be half-written"
            ) from e
        if not isinstance(value, dict):
            raise ConfigError(f"{place}: expected a JSON object, got {_NAMES[type(value)]}; put one object a line")
        return cls(value, place)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str) -> str:
        """A required string; unpaired surrogates, which UTF-8 cannot hold, are refused."""
        return self._text(self._get(key, str, "a string"), key)

    def optional_text(self, key: str, required: bool = False) -> str | None:
        """A string or null; absent only if not `required`."""
        self._known.add(key)
        if self.values.get(key) is None and (key in self.values or not required):
            return None
        return self.text(key)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of strings."""
        if default is not None and key not in self.values:
            self._known.add(key)
            return default
        items = self._get(key, list, "a list of strings")
        for item in items:
            if not isinstance(item, str):
                raise self._error(key, "a list of strings", item)
        return tuple(self._text(item, key) for item in items)

    def integer(self, key: str) -> int:
        """A required whole number."""
        value = self._get(key, int, "a whole number")
        if isinstance(value, bool):
            raise self._error(key, "a whole number", value)
        return int(value)

    def boolean(self, key: str) -> bool:
        """A required true or false."""
        return bool(self._get(key, bool, "a boolean"))

    def anything(self, key: str) -> Any:
        """A required value of any kind, which another reader checks; its strings hold no half of a surrogate pair."""
        value = self._get(key, object, "a value")
        self._check_strings(value, key)
        return value

    def items(self, key: str) -> list[Any]:
        """A required list whose items another reader checks."""
        return list(self._get(key, list, "a list"))

    def optional_number(self, key: str) -> float | None:
        """A finite number; None where the key is absent."""
        if key not in self.values:
            self._known.add(key)
            return None
        value = self._get(key, (int, float), "a number")
        if isinstance(value, bool) or not math.isfinite(value):
            raise self._error(key, "a finite number", value)
        return float(value)

    def mapping(self, key: str) -> dict[str, Any]:
        """A required object whose keys another reader checks; its strings hold no half of a surrogate pair."""
        value: dict[str, Any] = self._get(key, dict, "an object")
        self._check_strings(value, key)
        return value

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """A string out of `allowed`; the error names the nearest."""
        value = self.text(key)
        if value not in allowed:
            near = difflib.get_close_matches(value, list(allowed), 1)
            hint = f"did you mean {near[0]!r}?" if near else "correct it."
            raise ConfigError(f"{self.place}: expected {key} out of {', '.join(allowed)}, got {value!r}; {hint}")
        return value

    def objects(self, key: str, default: tuple[()] | None = None) -> tuple["StrictObject", ...]:
        """A list of objects."""
        if default is not None and key not in self.values:
            self._known.add(key)
            return default
        items = self._get(key, list, "a list of objects")
        for item in items:
            if not isinstance(item, dict):
                raise self._error(key, "a list of objects", item)
        return tuple(StrictObject(item, f"{self.place}: {key}[{index}]") for index, item in enumerate(items))

    def finish(self) -> None:
        """Refuses keys that no method asked for, naming the nearest known one."""
        for key in self.values:
            if key not in self._known:
                near = difflib.get_close_matches(key, sorted(self._known), 1)
                hint = f"did you mean {near[0]!r}?" if near else "delete it."
                raise ConfigError(
                    f"{self.place}: expected {', '.join(sorted(self._known))}, got the unknown key {key!r}; {hint}"
                )

    def _get(self, key: str, kind: type | tuple[type, ...], name: str) -> Any:
        self._known.add(key)
        if key not in self.values:
            near = difflib.get_close_matches(key, [k for k in self.values if k not in self._known], 1)
            hint = f"did you mean it by {near[0]!r}?" if near else "add it."
            raise ConfigError(f"{self.place}: expected the key {key!r}, got none; {hint}")
        if not isinstance(self.values[key], kind):
            raise self._error(key, name, self.values[key])
        return self.values[key]

    def _error(self, key: str, expected: str, value: object) -> ConfigError:
        return ConfigError(f"{self.place}: expected {expected} under {key!r}, got {_NAMES[type(value)]}; correct it")

    def _check_strings(self, value: Any, key: str) -> None:
        if isinstance(value, str):
            self._text(value, key)
        elif isinstance(value, dict):
            for name, item in value.items():
                self._text(name, key)
                self._check_strings(item, key)
        elif isinstance(value, list):
            for item in value:
                self._check_strings(item, key)

    def _text(self, value: str, key: str) -> str:
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ConfigError(
                f"{self.place}: expected Unicode text under {key!r}, got half a surrogate pair; remove it"
            )
        return value

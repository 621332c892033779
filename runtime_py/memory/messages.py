"""Messages as a caller gives them: Mem0's dictionaries, plain text or `Message`s, checked once."""

from collections.abc import Mapping, Sequence

from runtime_py.errors import ConfigError
from runtime_py.operations.extract import Message
from runtime_py.store import compose

Messages = str | Mapping[str, str] | Message | Sequence[Mapping[str, str] | Message]
_KEYS = {"role", "content", "name"}
_ROLES = ("user", "assistant")


def read_messages(messages: Messages) -> tuple[Message, ...]:
    """One text is the user's; a dictionary has `role` (user or assistant), `content` and perhaps `name`.

    Halves of surrogate pairs, which no file can hold, become replacement characters. Raises `ConfigError`.
    """
    if isinstance(messages, str):
        messages = [Message("user", "", messages)]
    elif isinstance(messages, Message | Mapping):
        messages = [messages]
    elif not isinstance(messages, Sequence) or isinstance(messages, bytes | bytearray):
        raise _wrong(messages)
    read = tuple(_read(message) for message in messages)
    if not read:
        raise ConfigError("nothing to add: expected one message or more, got none; give what was said")
    return read


def _read(message: Mapping[str, str] | Message | str) -> Message:
    if not isinstance(message, Message):
        if not isinstance(message, Mapping):
            raise _wrong(message)
        unknown = sorted(set(message) - _KEYS, key=str)
        if unknown or not {"role", "content"} <= set(message) or not all(isinstance(v, str) for v in message.values()):
            got = sorted(message, key=str)
            raise ConfigError(f"wrong message: expected texts under role, content and perhaps name, got {got}; mend it")
        message = Message(message["role"], message.get("name", ""), message["content"])
    if message.role not in _ROLES:
        raise ConfigError(f"wrong message: expected the role user or assistant, got {message.role!r}; mend it")
    return Message(message.role, whole_text(message.speaker).strip(), whole_text(message.text))


def _wrong(given: object) -> ConfigError:
    return ConfigError(
        f"wrong message: expected a text, a dictionary or a list of these, got {type(given).__name__}; mend it"
    )


def whole_text(text: str) -> str:
    """`text` in one spelling (normal form C), each half of a surrogate pair replaced, so that UTF-8 can hold it."""
    return compose(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))

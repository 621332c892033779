"""An answer in pieces, while it is being written."""

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Event, Thread
from weakref import finalize

from runtime_py.errors import ContractError
from runtime_py.memory.outcome import Answer
from runtime_py.operations.generator import OnText

_Pieces = SimpleQueue[str | Answer | BaseException | None]


class AnswerStream(Iterator[str]):
    """Pieces of an answer's text, whole characters each; joined they are the text of the answer.

    `ask` answers in a thread of its own, so a reader who takes his time holds nobody up. Whoever stops reading, with
    `close` or by dropping the stream, ends the writing at the next token. What `ask` raises comes to the reader.
    """

    def __init__(self, ask: Callable[[OnText], Answer]) -> None:
        self._pieces: _Pieces = SimpleQueue()
        self._answer: Answer | None = None
        self._is_closed = Event()
        finalize(self, self._is_closed.set).atexit = False
        Thread(target=_write, args=(ask, self._pieces, self._is_closed), name="memlora-answer").start()

    @property
    def answer(self) -> Answer:
        """The answer, once every piece was read; raises `ContractError` before, and after `close`."""
        if self._answer is None:
            raise ContractError("no answer yet: expected every piece to be read, got a stream that goes on; read it")
        return self._answer

    def __next__(self) -> str:
        if self._answer is not None or self._is_closed.is_set():
            raise StopIteration
        piece = self._pieces.get()
        if isinstance(piece, str):
            return piece
        if isinstance(piece, Answer):
            self._answer = piece
            raise StopIteration
        self.close()
        if piece is None:  # closed while it waited
            raise StopIteration
        raise piece

    def close(self) -> None:
        """End the writing at the next token, from any thread; what was not read is gone."""
        self._is_closed.set()
        self._pieces.put(None)


def _write(ask: Callable[[OnText], Answer], pieces: _Pieces, is_closed: Event) -> None:
    told = ""

    def tell(text: str) -> bool:
        nonlocal told
        if len(text) > len(told):
            pieces.put(text[len(told) :])
            told = text
        return not is_closed.is_set()

    try:
        answer = ask(tell)
        tell(answer.text)
        pieces.put(answer)
    except BaseException as e:  # noqa: BLE001 - the reader's thread raises it
        pieces.put(e)

"""Exchanges and raw turns in the store."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from runtime_py.store.file import Vectors
from runtime_py.store.forms import compose, words_form
from runtime_py.store.rows import TURNS, Turn, first_row, last_row, searchable, to_turn
from runtime_py.store.vectors import VectorTables

State = Literal["stored", "empty", "failed"]


class TurnTables(VectorTables):
    """A store file and what was said. Texts are kept in normal form C."""

    def exchange_state(self, user_id: str, key: str) -> State | None:
        """How far the exchange called `key` has come; None: never seen."""
        sql = "SELECT state FROM exchanges JOIN users ON users.id = user_id WHERE name = ? AND key = ?"
        found = self.rows(sql, user_id, key)
        state: State | None = found[0]["state"] if found else None
        return state

    def put_exchange(
        self,
        user_id: str,
        key: str,
        session: str,
        moment: datetime | date | None,
        messages: Sequence[tuple[str, str, str]],
        state: State,
        reason: str | None = None,
        vectors: Vectors | None = None,
    ) -> list[int]:
        """The turn ids of an exchange of (role, speaker, text), stored once however often it is put; sets its state."""
        session = compose(session)
        with self.writing():
            user = self._put_user(user_id)
            day = moment.isoformat() if moment else None
            self._run("INSERT OR IGNORE INTO sessions (user_id, name, date) VALUES (?, ?, ?)", user, session, day)
            session_row = self.rows("SELECT id FROM sessions WHERE user_id = ? AND name = ?", user, session)[0]["id"]
            self._run(
                "INSERT INTO exchanges (user_id, session_id, key, state, reason, created_at) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (user_id, key) DO UPDATE SET state = excluded.state, reason = excluded.reason, "
                "created_at = excluded.created_at",
                *(user, session_row, key, state, reason, self._now()),
            )
            exchange = self.rows("SELECT id FROM exchanges WHERE user_id = ? AND key = ?", user, key)[0]["id"]
            known = self.rows("SELECT id FROM turns WHERE exchange_id = ? ORDER BY place", exchange)
            turns = [int(row["id"]) for row in known]
            for place, message in enumerate(messages if not known else ()):
                turns.append(self._put_turn(user, exchange, place, message))
            for turn, vector in zip(turns, vectors if vectors is not None else (), strict=vectors is not None):
                self._put_vector("turn_embeddings", turn, vector)
        return turns

    def turns(self, user_id: str) -> list[Turn]:
        """Every raw turn of the user in the order it was said."""
        return [to_turn(row) for row in self.rows(f"{TURNS} WHERE users.name = ? ORDER BY turns.id", user_id)]

    def turns_of(self, user_id: str, sessions: Sequence[str]) -> list[Turn]:
        """The user's raw turns of the sessions of these names, in the order they were said."""
        named = "users.name = ? AND sessions.name IN (SELECT value FROM json_each(?))"
        names = json.dumps([compose(session) for session in sessions])
        return [to_turn(row) for row in self.rows(f"{TURNS} WHERE {named} ORDER BY turns.id", user_id, names)]

    def last_turns(self, user_id: str, session: str, count: int) -> list[Turn]:
        """The user's newest `count` raw turns of the session called `session`, in the order they were said."""
        named = "WHERE users.name = ? AND sessions.name = ?"
        session_row = f"SELECT sessions.id FROM sessions JOIN users ON users.id = user_id {named}"
        sql = f"{TURNS} WHERE session_id = ({session_row}) ORDER BY turns.id DESC LIMIT ?"
        return [to_turn(row) for row in reversed(self.rows(sql, user_id, compose(session), count))]

    def turn(self, user_id: str, turn_id: int) -> Turn | None:
        """The user's raw turn with this id."""
        found = self.turns_by_id(user_id, [turn_id])
        return found[0] if found else None

    def turns_by_id(self, user_id: str, ids: Sequence[int]) -> list[Turn]:
        """The user's raw turns with these ids, in their order; an id without one is left out."""
        # + keeps the user's name from leading: by the ids, not through all turns of the user
        rows = self.rows_by_id(f"{TURNS} WHERE +users.name = ? AND turns.id", ids, user_id)
        found = {row[0]: to_turn(row) for row in rows}
        return [found[row] for row in ids if row in found]

    def speakers(self, user_id: str) -> list[str]:
        """Everyone who said a turn of the user's, by name."""
        sql = "SELECT speakers.name FROM speakers JOIN users ON users.id = user_id WHERE users.name = ? ORDER BY 1"
        return [str(row[0]) for row in self.rows(sql, user_id)]

    def sessions(self, user_id: str) -> list[str]:
        """Every session in which the user said something that is not forgotten, by name."""
        sql = "SELECT sessions.name FROM sessions JOIN users ON users.id = user_id WHERE users.name = ? ORDER BY 1"
        return [str(row[0]) for row in self.rows(sql, user_id)]

    def owner(self, user_id: str) -> str:
        """The name under which the user spoke last; empty for one without a name or a turn."""
        user = self.user_row(user_id)
        if user is None:
            return ""
        # through the words, where a user's turns stand together: other users may have said much since
        sql = (
            "SELECT speaker FROM turn_words JOIN turns ON turns.id = turn_words.rowid - ? "
            "WHERE turn_words.rowid BETWEEN ? AND ? AND role = 'user' ORDER BY turn_words.rowid DESC LIMIT 1"
        )
        found = self.rows(sql, first_row(user), first_row(user), last_row(user))
        return str(found[0]["speaker"]) if found else ""

    # Inside a transaction

    def _put_user(self, user_id: str) -> int:
        self._run("INSERT OR IGNORE INTO users (name) VALUES (?)", user_id)
        return int(self.rows("SELECT id FROM users WHERE name = ?", user_id)[0]["id"])

    def _put_turn(self, user: int, exchange: int, place: int, message: tuple[str, str, str]) -> int:
        role, speaker, text = message[0], compose(message[1]), compose(message[2])
        sql = "INSERT INTO turns (exchange_id, place, role, speaker, text) VALUES (?, ?, ?, ?, ?)"
        turn = self._run(sql, exchange, place, role, speaker, text)
        words = words_form(searchable(speaker, text))
        self._run("INSERT INTO turn_words (rowid, text) VALUES (?, ?)", first_row(user) + turn, words)
        self._run("INSERT OR IGNORE INTO speakers (user_id, name) VALUES (?, ?)", user, speaker)
        return turn

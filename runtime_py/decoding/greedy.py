"""Greedy decoding: ties go to the lowest id, a grammar decides what is legal, forced tokens cost no model call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runtime_py.decoding.choice import choose
from runtime_py.decoding.drafts import Drafts
from runtime_py.decoding.grammar import Grammar
from runtime_py.decoding.session import EngineSession
from runtime_py.engines.engine import Logits
from runtime_py.errors import ContractError
from runtime_py.parts import EmbeddedRow, Piece, to_places

OnTokens = Callable[[list[int]], bool | None]
"""Is given the answer's tokens so far before each next model call; False ends the answer there."""


@dataclass(frozen=True)
class Decoded:
    """The answer's `tokens` without the stop token, and what they cost.

    `is_cut` when the token limit or `on_tokens`, not the model, ended the answer or chose one of its tokens. `steps`
    counts model calls, `forced` tokens appended without choosing, `drafted` tokens proposed by look-up and `accepted`
    those of them that the model confirmed.
    """

    tokens: tuple[int, ...]
    steps: int
    forced: int
    drafted: int
    accepted: int
    is_cut: bool = False


def generate(
    session: EngineSession,
    prompt: Sequence[Piece],
    grammar: Grammar | None,
    stop_tokens: Sequence[int],
    max_new_tokens: int,
    drafts: bool | None = None,
    likely: Sequence[int] = (),
    on_tokens: OnTokens | None = None,
) -> Decoded:
    """The most likely token at every step, until a stop token, the grammar's end or `max_new_tokens` tokens.

    With a grammar the tokens are always a complete text of it: near the limit only tokens that still lead to an end are
    legal, and stop tokens only in accepting states. `drafts` looks up what followed the last tokens in a `likely`
    answer, the prompt and the answer so far, and verifies it in one feed; None leaves it to `engine.exact_multi_token`,
    because on other engines the last bit of a logit, and so a near tie, may depend on how tokens were cut into feeds.

    Raises `ContractError` when the limit is below the grammar's shortest text, or the context cannot hold the answer.
    """
    if max_new_tokens < 1:
        raise ContractError(f"no tokens to make: expected max_new_tokens of 1 or more, got {max_new_tokens}; raise it")
    return _Run(session, prompt, grammar, stop_tokens, max_new_tokens, drafts, likely).run(on_tokens)


class _Run:
    def __init__(
        self,
        session: EngineSession,
        prompt: Sequence[Piece],
        grammar: Grammar | None,
        stop: Sequence[int],
        limit: int,
        drafts: bool | None,
        likely: Sequence[int],
    ) -> None:
        places = to_places(prompt)
        room = session.engine.context_length - len(places)
        if grammar is not None and grammar.min_tokens[grammar.start] > min(limit, room):
            raise ContractError(
                f"too few tokens for an answer: expected at least {grammar.min_tokens[grammar.start]}, got "
                f"{min(limit, room)}; raise max_new_tokens or shorten the input"
            )
        if room < 1:
            raise ContractError(
                f"prompt too long: expected at most {session.engine.context_length - 1} tokens, got {len(places)}; "
                "shorten the input"
            )
        self.session = session
        self.prompt = list(prompt)
        self.places = len(places)
        self.read = [place for place in places if not isinstance(place, EmbeddedRow)]
        self.grammar = grammar
        self.stop = sorted(set(stop))
        self.limit = min(limit, room)
        self.may_draft = session.engine.exact_multi_token if drafts is None else drafts
        self.drafts = Drafts(likely)
        self.state = grammar.start if grammar else 0
        self.out: list[int] = []
        self.unfed = 0
        self.started = self.stopped = self.steered = False
        self.steps = self.forced = self.drafted = self.accepted = 0

    def run(self, on_tokens: OnTokens | None) -> Decoded:
        while not self._finished():
            if on_tokens is not None and self.out and on_tokens(list(self.out)) is False:
                self.steered = True
                break
            token = self._forced()
            if token is not None:
                self.forced += 1
                self.steered = self.steered or self._forced(roomy=True) != token
                self._append(token)
                continue
            draft = self._draft() if self.may_draft and self.started else []
            before = self.accepted
            if not self._choose(draft):
                self.stopped = True
                break
            self.drafts.judge(len(draft), self.accepted - before)
        ended_by_limit = self.grammar is None and not self.stopped
        return Decoded(
            tuple(self.out), self.steps, self.forced, self.drafted, self.accepted, self.steered or ended_by_limit
        )

    def _choose(self, draft: list[int]) -> bool:
        """One model call; appends the chosen token and every confirmed draft after it. False when a stop was chosen."""
        rows = self._feed(draft)
        for i, logits in enumerate(rows):
            token, steered = choose(logits, self.grammar, self.state, self._budget(), self.stop)
            self.steered = self.steered or steered
            if token is None:
                self._forget_draft(len(draft) - i)
                return False
            confirmed = i < len(draft) and token == draft[i]
            self._append(token, fed=confirmed)
            self.accepted += confirmed
            if not confirmed or self._finished():
                self._forget_draft(len(draft) - i - confirmed)
                return True
        return True

    def _feed(self, draft: list[int]) -> list[Logits]:
        """Logits after everything appended so far, and after each token of `draft`."""
        self.steps += 1
        self.drafted += len(draft)
        fresh = self.out[len(self.out) - self.unfed :]
        self.unfed = 0
        if not self.started:
            self.started = True
            return [self.session.start([*self.prompt, *fresh])]
        if not draft:
            return [self.session.feed(fresh)]
        return list(self.session.feed([*fresh, *draft], all_logits=True)[len(fresh) - 1 :])

    def _append(self, token: int, fed: bool = False) -> None:
        if self.grammar is not None:
            self.state = self.grammar.advance(self.state, token)
        self.out.append(token)
        self.unfed += not fed

    def _finished(self) -> bool:
        return self._budget() == 0 or (self.grammar is not None and self.grammar.ends(self.state))

    def _forced(self, roomy: bool = False) -> int | None:
        return self.grammar.forced(self.state, None if roomy else self._budget()) if self.grammar else None

    def _budget(self) -> int:
        return self.limit - len(self.out)

    def _forget_draft(self, count: int) -> None:
        if count > 0:
            self.session.rewind(len(self.session.places) - count)

    def _draft(self) -> list[int]:
        """A look-up of the last tokens, as far as it is legal and fits."""
        left = self.session.engine.context_length - self.places - len(self.out)
        proposed = self.drafts.propose([*self.read, *self.out], min(self._budget() - 1, left))
        return self._legal_part(proposed)

    def _legal_part(self, tokens: list[int]) -> list[int]:
        if self.grammar is None:
            return tokens
        state, budget = self.state, self._budget()
        for i, token in enumerate(tokens):
            following = self.grammar.next_state(state, token)
            if following is None or self.grammar.min_tokens[following] > budget - i - 1:
                return tokens[:i]
            state = following
        return tokens

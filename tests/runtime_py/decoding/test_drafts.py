"""Drafts: where a look-up goes on, which place it takes, and how long a draft is."""

from runtime_py.decoding.drafts import LONGEST_TOKENS, Drafts


def test_a_draft_goes_on_where_it_was_right_and_doubles() -> None:
    drafts, text = Drafts(list(range(100, 140))), [1, 2, 100]
    sizes = []
    while len(text) < 30:
        draft = drafts.propose(text, 99)
        assert draft == list(range(text[-1] + 1, text[-1] + 1 + len(draft)))
        sizes.append(len(draft))
        drafts.judge(len(draft), len(draft))
        text += [*draft, draft[-1] + 1]  # and the token that the model chose after them
    assert sizes[:5] == [1, 2, 4, 8, LONGEST_TOKENS]


def test_after_a_miss_it_starts_short_at_the_longest_equal_run() -> None:
    drafts = Drafts()
    text = [5, 6, 7, 8, 9, 6, 7, 1, 5, 6, 7]
    assert drafts.propose(text, 99) == [8]  # 5, 6, 7 beats the later 6, 7
    drafts.judge(1, 0)
    text += [1]
    assert drafts.propose(text, 99) == [5]  # what followed 6, 7, 1


def test_in_a_likely_answer_the_next_place_counts() -> None:
    drafts = Drafts([9, 10, 9, 11, 9, 12])
    assert drafts.propose([9], 99) == [10]
    drafts.judge(1, 1)
    assert drafts.propose([9, 10, 9], 99) == [11, 9]
    drafts.judge(2, 0)
    assert drafts.propose([9, 10, 9, 30, 9], 99) == [12]


def test_nothing_known_or_no_room_is_no_draft() -> None:
    drafts = Drafts()
    assert drafts.propose([1, 2, 3], 99) == []
    assert Drafts([1, 2]).propose([1], 0) == []

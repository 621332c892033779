from evaluation.synthetic.scores import Hits, answers_match, match_events, match_facts
from runtime_py.operations.update import MemoryEvent


def test_facts_are_a_multiset_of_normalised_text() -> None:
    assert match_facts(["Maria lives in Kluvo.", "maria  lives in kluvo"], ["Maria lives in Kluvo"]) == Hits(1, 2, 1)
    assert match_facts([], []) == Hits(0, 0, 0)


def test_events_match_by_event_and_id_and_adds_by_event() -> None:
    gold = [MemoryEvent("1", "Maria lives in Kluvo", "UPDATE"), MemoryEvent("3", "Maria has a cat", "ADD")]
    hits = match_events([MemoryEvent("9", "Maria has a cat", "ADD"), MemoryEvent("1", "Maria moved", "UPDATE")], gold)
    assert (hits.events, hits.gold, hits.texts, hits.texts_gold, hits.extra) == (2, 2, 1, 2, 0)
    assert not hits.exact


def test_wrong_id_is_a_miss_and_an_extra_row() -> None:
    hits = match_events([MemoryEvent("0", "x", "DELETE")], [MemoryEvent("1", "x", "DELETE")])
    assert (hits.events, hits.extra) == (0, 1)


def test_spare_none_rows_do_no_harm_but_spare_adds_do() -> None:
    gold = [MemoryEvent("0", "a", "NONE")]
    assert match_events([*gold, MemoryEvent("1", "b", "NONE")], gold).exact
    assert not match_events([*gold, MemoryEvent("1", "b", "ADD")], gold).exact


def test_one_row_serves_one_gold_row() -> None:
    gold = [MemoryEvent("2", "a", "ADD"), MemoryEvent("3", "b", "ADD")]
    hits = match_events([MemoryEvent("2", "b", "ADD")], gold)
    assert (hits.events, hits.texts) == (1, 1)


def test_answers() -> None:
    assert answers_match("Kluvo.", "kluvo")
    assert not answers_match("Kluvo town", "kluvo")
    assert answers_match("chess and hiking", "hiking, chess", "list")
    assert not answers_match("chess", "hiking, chess", "list")
    assert answers_match("No information available", "no information available", "unanswerable")

import pytest

from evaluation.locomo.score import normalise, official_score, token_f1


def test_normalise_drops_commas_marks_articles_and_and() -> None:
    assert normalise("The cat, a dog AND an owl's nest!") == ["cat", "dog", "owls", "nest"]
    assert normalise("1,000 men") == ["1000", "men"]


def test_token_f1_counts_a_word_as_often_as_it_stands() -> None:
    assert token_f1("run run run", "running") == pytest.approx(0.5)
    assert token_f1("the", "the") == 0.0
    assert token_f1("walked dogs", "walking the dog") == 1.0


def test_multi_hop_averages_the_best_part_of_each_gold_part() -> None:
    assert official_score(1, "hiking, chess", "chess, swimming") == pytest.approx(0.5)
    assert official_score(1, "chess", "chess, chess") == 1.0
    assert official_score(4, "hiking, chess", "chess, swimming") == pytest.approx(0.5)
    assert official_score(1, "red kite, box", "red, box") == pytest.approx((2 / 3 + 1) / 2)


def test_open_domain_reads_gold_up_to_the_semicolon() -> None:
    assert official_score(3, "likely no", "Likely no; she wants to paint") == 1.0
    assert official_score(4, "likely no", "Likely no; she wants to paint") < 1.0


@pytest.mark.parametrize(
    ("output", "score"), [("No information available.", 1.0), ("That is NOT MENTIONED", 1.0), ("blue", 0.0)]
)
def test_adversarial_wants_a_refusal(output: str, score: float) -> None:
    assert official_score(5, output, "blue") == score


def test_unknown_category() -> None:
    with pytest.raises(ValueError, match="got 6"):
        official_score(6, "a", "b")

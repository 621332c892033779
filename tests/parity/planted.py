"""Errors planted into a runner's answers."""

from typing import Any

Answers = list[dict[str, Any]]


def golden(answers: Answers) -> dict[str, Any]:
    call: dict[str, Any] = next(answer for answer in answers if answer["kind"] == "golden")["calls"][0]
    return call


def swap_tokens(answers: Answers) -> None:
    tokens = golden(answers)["tokens"]
    place = next(i for i in range(len(tokens) - 1) if tokens[i] != tokens[i + 1])
    tokens[place], tokens[place + 1] = tokens[place + 1], tokens[place]


def other_input(answers: Answers) -> None:
    golden(answers)["prompt"][3] += 1


def end_early(answers: Answers) -> None:
    call = golden(answers)
    call["tokens"].pop()
    call["steps"] = [step for step in call["steps"] if step[0] < len(call["prompt"]) + len(call["tokens"])]


def leave_out_a_call(answers: Answers) -> None:
    next(answer for answer in answers if answer["kind"] == "ask")["calls"].clear()


def drift(answers: Answers) -> None:
    top = golden(answers)["steps"][0][1]
    top[0][1] = (float.fromhex(top[0][1]) * 1.01).hex()


def logit_of_another_token(answers: Answers) -> None:
    top = golden(answers)["steps"][0][1]
    top[4][0] = next(token for token in range(400) if token not in dict(top))


def nan(answers: Answers) -> None:
    golden(answers)["steps"][0][1][2][1] = "nan"


def leave_out_a_step(answers: Answers) -> None:
    del golden(answers)["steps"][1]


def other_answer(answers: Answers) -> None:
    next(answer for answer in answers if answer["kind"] == "ask")["result"]["answer"] += "!"


def no_error(answers: Answers) -> None:
    answer = next(answer for answer in answers if answer["kind"] == "edit")
    del answer["error"], answer["message"]
    answer["result"] = None


def other_bundle(answers: Answers) -> None:
    answers[0]["result"]["bundle"] = "0" * 64


def other_requests(answers: Answers) -> None:
    answers[0]["result"]["script"] = "0" * 64


def other_version(answers: Answers) -> None:
    answers[0]["result"]["protocol"] += 1


def wrong_hash(answers: Answers) -> None:
    next(answer for answer in answers if answer["kind"] == "rows")["result"]["sha256"] = "0" * 64


def dropped(answers: Answers) -> None:
    del answers[2]


def doubled(answers: Answers) -> None:
    answers.insert(2, answers[2])


def reordered(answers: Answers) -> None:
    answers[1], answers[2] = answers[2], answers[1]


def without_an_end(answers: Answers) -> None:
    answers.pop()


def with_more(answers: Answers) -> None:
    answers.append(answers[-1])


def unknown_key(answers: Answers) -> None:
    golden(answers)["seconds"] = 3


def missing_key(answers: Answers) -> None:
    del golden(answers)["cut"]

"""The skills the base is trained on: copying, look-up, rewriting, JSON. None is a memory operation or its prompt.

A skill is a function Scene -> [(user text, answer), ...]; several turns share one document to supervise more tokens.
"""

from collections.abc import Callable

from fact_skills import calendar, find_line, match, read_one, relation, sort_out
from scene import Scene, Turns
from talk_skills import one_side, rewrite, tell_news, who_said
from text_skills import edit, look_up, number, repeat, write_json

SYSTEMS = ("Be brief.", "You are a helpful assistant.", "Follow the instruction.", "Answer exactly.", "Read with care.")

SKILLS: tuple[tuple[Callable[[Scene], Turns], int], ...] = (
    (find_line, 19), (match, 17), (rewrite, 13), (one_side, 11), (who_said, 6), (read_one, 7), (relation, 6),
    (look_up, 7), (write_json, 12), (number, 7), (edit, 4), (repeat, 5), (sort_out, 4), (tell_news, 1), (calendar, 2),
)  # fmt: skip

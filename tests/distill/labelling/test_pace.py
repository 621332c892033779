"""Limits: requests and tokens a minute by a clock of our own."""

import asyncio
import time
from email.utils import formatdate

import pytest

from distill.teachers.asking import told_wait_s
from distill.teachers.endpoint import Answer
from distill.teachers.pace import Pace


class Clock:
    """A time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def paced(**limits: float) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(**limits, now=lambda: clock.now, sleep=clock.sleep), clock


def test_requests_are_spaced() -> None:
    pace, clock = paced(requests_a_minute=30.0)

    async def ask() -> list[float]:
        times = []
        for _ in range(4):
            await pace.wait(10)
            times.append(clock.now)
        return times

    assert asyncio.run(ask()) == [100, 102, 104, 106]


def test_tokens_of_prompts_and_answers_are_waited_for() -> None:
    pace, clock = paced(tokens_a_minute=600.0)

    async def ask() -> list[float]:
        await pace.wait(20)  # two seconds
        pace.spend(30)  # three more
        await pace.wait(1)
        return [clock.now]

    assert asyncio.run(ask()) == [105]


def test_a_pause_holds_everybody() -> None:
    pace, clock = paced()
    pace.pause(7)
    asyncio.run(pace.wait(1))
    assert clock.now == 107


def test_after_a_pause_requests_are_spaced() -> None:
    pace, clock = paced(requests_a_minute=60)
    pace.pause(7)
    for wanted in (107, 108, 109):
        asyncio.run(pace.wait(1))
        assert clock.now == wanted


@pytest.mark.parametrize(("value", "low", "high"), [("12", 12, 12), ("0", 0, 0), ("date", 25, 31), ("past", 0, 0)])
def test_retry_after_is_read_as_seconds_and_as_a_date(value: str, low: float, high: float) -> None:
    dates = {"date": formatdate(time.time() + 30, usegmt=True), "past": formatdate(0, usegmt=True)}
    told = told_wait_s(Answer(429, {"retry-after": dates.get(value, value)}, b""))
    assert told is not None
    assert low <= told <= high


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e9", "99999999999999"])
def test_another_retry_after_is_none(value: str) -> None:
    assert told_wait_s(Answer(429, {"retry-after": value}, b"")) is None

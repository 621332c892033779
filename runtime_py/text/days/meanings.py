"""What each kind of rule means: its name in `rules.json` -> the function that gives the date, or None in doubt."""

from collections.abc import Callable

from runtime_py.text.days import dated, spans, weeks
from runtime_py.text.days.found import Found

__all__ = ["MEANINGS", "Found"]

MEANINGS: dict[str, Callable[[Found], str | None]] = {
    "fixed": weeks.fixed,
    "day_beside": weeks.day_beside,
    "ago": spans.ago,
    "ago_from": spans.ago_from,
    "ago_in": spans.ago_in,
    "ago_weekday": spans.ago_weekday,
    "ahead": spans.ahead,
    "weeks_to_last": spans.weeks_to_last,
    "weeks_to_day": spans.weeks_to_day,
    "weeks_to_weekday": spans.weeks_to_weekday,
    "day_week": spans.day_week,
    "weekday_week": spans.weekday_week,
    "weekday": weeks.weekday,
    "weekday_step": weeks.weekday_step,
    "weekday_of_week": weeks.weekday_of_week,
    "weekday_twice": weeks.weekday_twice,
    "weekday_ordinal": weeks.weekday_ordinal,
    "weekday_date": weeks.weekday_date,
    "weekend": weeks.weekend,
    "period": weeks.period,
    "twice": weeks.twice,
    "beside_anchor": dated.beside_anchor,
    "date": dated.date_of,
    "date_of_step": dated.date_of_step,
    "week_of_date": dated.week_of_date,
    "ordinal": dated.ordinal,
    "ordinal_of_step": dated.ordinal_of_step,
    "nth_weekday": dated.nth_weekday_of,
    "nth_weekend": dated.nth_weekend,
    "last_day": dated.last_day,
    "month": dated.month,
    "month_step": dated.month_step,
    "month_of_step": dated.month_of_step,
    "time_last_year": dated.time_last_year,
    "end_of_month": dated.end_of_month,
    "season": dated.season,
    "christmas": dated.christmas,
    "easter": dated.easter_of,
    "feast": dated.feast,
    "feast_next": dated.feast_next,
    "weekday_near_feast": dated.weekday_near_feast,
}

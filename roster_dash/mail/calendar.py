"""The mail of the day before: what the school's calendar changes tomorrow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import render_template

from roster_dash.mail.message import Mail
from roster_dash.roster.calendar import Period, PeriodKind

_STARTS = {
    PeriodKind.PAUSE: "the daily sync pauses, up to and including {end}",
    PeriodKind.ROLLOVER: (
        "up to {percent} % of a role may leave or change without asking, up to and including {end}"
    ),
    PeriodKind.TERMS: (
        "lists may lose up to {percent} % of their members, up to and including {end}"
    ),
}
_ENDS = {
    PeriodKind.PAUSE: "the daily sync starts again",
    PeriodKind.ROLLOVER: "the usual limits for people are back",
    PeriodKind.TERMS: "the usual limits for lists are back",
}


@dataclass(frozen=True, slots=True)
class CalendarNotice:
    """What starts and what is over on a day."""

    school: str
    day: date
    starts: Sequence[Period]
    ends: Sequence[Period]
    url: str

    @property
    def lines(self) -> list[str]:
        """A clause for each change."""
        starts = [
            _STARTS[period.kind].format(end=_day(period.end), percent=period.percent)
            for period in self.starts
        ]
        return starts + [_ENDS[period.kind] for period in self.ends]


def compose_calendar(notice: CalendarNotice) -> Mail:
    """Its subject says the first change."""
    lines = notice.lines or ["the school calendar was changed; nothing special happens"]
    about = {"notice": notice, "lines": lines, "day": _day(notice.day)}
    return Mail(
        subject=" ".join(f"{notice.school}: from tomorrow {lines[0]}".split()),
        text=render_template("mail/calendar.txt", **about),
        html=render_template("mail/calendar.html", **about),
    )


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"

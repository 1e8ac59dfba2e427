"""The mail of the day before: what the school's calendar changes tomorrow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from roster_dash.language import translated
from roster_dash.mail.letter import ON_THE_LIST, Letter, Link, Mail, write
from roster_dash.roster.calendar import Period, PeriodKind
from roster_dash.roster.origin import capital

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
    unsubscribe_url: str = ""

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
    first, *others = notice.lines or ["the school calendar was changed; nothing special happens"]
    return write(
        Letter(
            about=notice.school,
            verdict=f"from tomorrow {first}",
            lead=[
                f"You need not do anything. Tomorrow is {_day(notice.day)}.",
                *(f"{capital(translated(line))}." for line in others),
                "This is from the school calendar under Rostering, Safety. What an empty or "
                "incomplete answer may do stays the same: nothing.",
            ],
            button=Link("Change the calendar", notice.url),
            small_print=[ON_THE_LIST],
            unsubscribe_url=notice.unsubscribe_url,
        )
    )


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"

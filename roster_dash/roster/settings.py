"""What a school syncs, and the defaults. A NEW SETTING IS A FIELD AND A ROW OF `KEYS`.

Settings are stored, printed and typed as flat `KEY=VALUE` text; this is the only translation.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import partial
from typing import Any

from roster_dash.roster.calendar import (
    MOST_PERIODS,
    Period,
    PeriodKind,
    is_paused,
    parse_period,
    percent_on,
)
from roster_dash.roster.errors import BadInput
from roster_dash.roster.roles import PRECEDENCE, Role

ALL = "all"
CURRENT = "current"

UPDATE_FIELDS = {
    "names": ("first_name", "middle_name", "last_name"),
    "preferred_name": ("preferred_name",),
    "email": ("email",),
    "grade": ("grade",),
    "numbers": ("sis_id", "student_number"),
    "contact": ("contact",),
}
"""What Auto update may be allowed to change -> the fields of a person."""

LONGEST_EMAIL = 254

_ON = {"on", "true", "yes", "1"}
_OFF = {"off", "false", "no", "0"}
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")


@dataclass(frozen=True, slots=True)
class RoleSettings:
    """One role's switches. Off, off, off: nothing happens until an Owner chooses."""

    sync: bool = False
    auto_update: bool = False
    archive: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may change without asking. In per cent, but for `people`."""

    removals: int = 10
    people: int = 2
    """Of a role with few people, so many may leave at once."""
    removals_week: int = 20
    updates: int = 50
    lists: int = 50
    """Of a list's members, so many may leave at once."""
    lists_retired: int = 10
    """Of the lists, so many may lose their classes at once. The same as `removals`."""

    def exceeds(self, other: "Limits") -> bool:
        """Whether any of these is higher."""
        return any(getattr(self, f.name) > getattr(other, f.name) for f in fields(self))


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """What one school syncs. Frozen; `changed` makes the next version."""

    students: RoleSettings = RoleSettings()
    teachers: RoleSettings = RoleSettings()
    staff: RoleSettings = RoleSettings()
    admins: RoleSettings = RoleSettings()
    contacts: str = "off"
    auto_update_fields: tuple[str, ...] = (ALL,)
    class_lists: bool = False
    class_list_terms: tuple[str, ...] = ()
    class_list_grades: tuple[str, ...] = ()
    schedule_time: str = "02:00"
    schedule_enabled: bool = True
    schedule_events: bool = True
    """Between the daily syncs, what the source's events tell of is synced too."""
    pause_until: date | None = None
    calendar: tuple[Period, ...] = ()
    limits: Limits = Limits()
    grace_students: int = 3
    grace_adults: int = 7
    notify_emails: tuple[str, ...] = ()
    notify_when: str = "always"
    notify_digest: bool = False

    def role(self, role: Role) -> RoleSettings:
        switches: RoleSettings = getattr(self, role.setting)
        return switches

    def deciding_role(self, roles: tuple[Role, ...]) -> Role | None:
        """The first enabled role of a person, whose switches hold for them; None: not synced."""
        for role in PRECEDENCE:
            if role in roles and self.role(role).sync:
                return role
        return None

    def grace(self, role: Role) -> int:
        """Days that somebody of a role is missing before they are archived."""
        return self.grace_students if role is Role.STUDENT else self.grace_adults

    def limits_on(self, day: date) -> Limits:
        """The limits of a day: higher in the calendar's periods."""
        usual, relax = self.limits, partial(percent_on, self.calendar, day)
        rollover, terms = PeriodKind.ROLLOVER, PeriodKind.TERMS
        removals = relax(rollover, usual.removals)
        return replace(
            usual,
            removals=removals,
            removals_week=relax(rollover, usual.removals_week),
            updates=relax(rollover, usual.updates),
            lists=max(relax(terms, usual.lists), relax(rollover, usual.lists)),
            lists_retired=relax(terms, removals),
        )

    def pauses_on(self, day: date) -> bool:
        """Whether a day has no daily sync."""
        paused = self.pause_until is not None and day < self.pause_until
        return paused or is_paused(self.calendar, day)

    @property
    def left_alone(self) -> frozenset[str]:
        """The fields that Auto update may not change."""
        if ALL in self.auto_update_fields:
            return frozenset()
        groups = set(UPDATE_FIELDS) - set(self.auto_update_fields)
        return frozenset(name for group in groups for name in UPDATE_FIELDS[group])

    @property
    def lists_chosen(self) -> bool:
        """Class lists are on and both terms and grades are chosen."""
        return self.class_lists and bool(self.class_list_terms) and bool(self.class_list_grades)

    @property
    def syncs_anything(self) -> bool:
        return self.lists_chosen or any(self.role(role).sync for role in Role)

    def flat(self) -> dict[str, str]:
        """All settings as text, in the order of `KEYS`."""
        return {key: kind.show(kind.get(self)) for key, kind in KEYS.items()}

    def changed(self, changes: Mapping[str, str]) -> "SyncSettings":
        """These settings with some keys set.

        Errors: BadInput names the key, what came and what is allowed.
        """
        settings = self
        for key, text in changes.items():
            if key not in KEYS:
                raise BadInput(f"There is no setting “{key}”. Settings are: {', '.join(KEYS)}.")
            try:
                settings = KEYS[key].set(settings, text)
            except ValueError as error:
                raise BadInput(f"{key} can’t be “{text}”: {error}.") from None
        return settings

    def differences(self, newer: "SyncSettings") -> dict[str, tuple[str, str]]:
        """Key -> (before, after) for every setting that differs."""
        before, after = self.flat(), newer.flat()
        return {key: (before[key], after[key]) for key in KEYS if before[key] != after[key]}


def from_flat(stored: Mapping[str, str]) -> SyncSettings:
    """Stored settings: keys this version doesn't know are dropped, missing ones take defaults."""
    return SyncSettings().changed({key: text for key, text in stored.items() if key in KEYS})


@dataclass(frozen=True, slots=True)
class Key:
    """How one setting is read from and written to text."""

    path: tuple[str, ...]
    parse: Callable[[str], Any]
    show: Callable[[Any], str] = field(default=str)

    def get(self, settings: SyncSettings) -> Any:
        value: Any = settings
        for name in self.path:
            value = getattr(value, name)
        return value

    def set(self, settings: SyncSettings, text: str) -> SyncSettings:
        value = self.parse(text)
        first, *rest = self.path
        if rest:
            value = replace(getattr(settings, first), **{rest[0]: value})
        return replace(settings, **{first: value})


def _switch(text: str) -> bool:
    word = text.strip().casefold()
    if word not in _ON | _OFF:
        raise ValueError("say on or off")
    return word in _ON


def _show_switch(value: bool) -> str:
    return "on" if value else "off"


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        word = text.strip().casefold()
        if word not in allowed:
            raise ValueError(f"say {' or '.join(allowed)}")
        return word

    return parse


def _words(text: str) -> tuple[str, ...]:
    """A comma list; a name with a comma in it goes between double quotes."""
    line = ",".join(text.splitlines())
    try:
        rows = list(csv.reader([line], skipinitialspace=True, strict=True))
    except csv.Error:
        raise ValueError(
            "put commas between the words, and double quotes round one with a comma"
        ) from None
    words = (word.strip() for word in (rows[0] if rows else []))
    return tuple(dict.fromkeys(word for word in words if word))


def show_words(words: tuple[str, ...]) -> str:
    """Words as `_words` reads them: quoted where they have a comma or a quote."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(words)
    return line.getvalue()


def _names(text: str) -> tuple[str, ...]:
    names = (
        word.casefold() if word.casefold() in (ALL, CURRENT) else word for word in _words(text)
    )
    return tuple(dict.fromkeys(names))


def _fields(text: str) -> tuple[str, ...]:
    names = tuple(word.casefold() for word in _words(text))
    for name in names:
        if name != ALL and name not in UPDATE_FIELDS:
            raise ValueError(f"say {ALL} or some of {', '.join(UPDATE_FIELDS)}")
    return (ALL,) if ALL in names else names


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise ValueError("say a date as YYYY-MM-DD, or nothing") from None


def _show_day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _emails(text: str) -> tuple[str, ...]:
    addresses = _words(text.replace(";", ","))
    for address in addresses:
        if not _EMAIL.fullmatch(address) or len(address) > LONGEST_EMAIL:
            raise ValueError(f"“{address[:80]}” is not an e-mail address")
        if not address.isascii():
            raise ValueError(f"“{address}” has letters that mail servers don’t take")
    return addresses


def _time(text: str) -> str:
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if not match:
        raise ValueError("say a time of day as HH:MM, 02:00 say")
    return f"{int(match[1]):02}:{match[2]}"


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        word = text.strip()
        if not (word.isascii() and word.isdecimal() and least <= int(word[:9]) <= most):
            raise ValueError(f"say a whole number from {least} to {most}")
        return int(word)

    return parse


def _periods(text: str) -> tuple[Period, ...]:
    lines = (line for part in text.splitlines() for line in part.split(","))
    periods = sorted({parse_period(line) for line in lines if line.strip()}, key=str)
    if len(periods) > MOST_PERIODS:
        raise ValueError(f"at most {MOST_PERIODS} periods are possible")
    return tuple(periods)


def _show_periods(periods: tuple[Period, ...]) -> str:
    return ", ".join(map(str, periods))


def _role_keys(name: str) -> dict[str, Key]:
    return {
        name: Key((name, "sync"), _switch, _show_switch),
        f"{name}.auto_update": Key((name, "auto_update"), _switch, _show_switch),
        f"{name}.archive": Key((name, "archive"), _switch, _show_switch),
    }


KEYS: dict[str, Key] = {
    **_role_keys("students"),
    **_role_keys("teachers"),
    **_role_keys("staff"),
    **_role_keys("admins"),
    "contacts": Key(("contacts",), _one_of("off", "primary")),
    "auto_update.fields": Key(("auto_update_fields",), _fields, show_words),
    "class_lists": Key(("class_lists",), _switch, _show_switch),
    "class_lists.terms": Key(("class_list_terms",), _names, show_words),
    "class_lists.grades": Key(("class_list_grades",), _names, show_words),
    "schedule.time": Key(("schedule_time",), _time),
    "schedule.enabled": Key(("schedule_enabled",), _switch, _show_switch),
    "schedule.events": Key(("schedule_events",), _switch, _show_switch),
    "pause.until": Key(("pause_until",), _day, _show_day),
    "calendar": Key(("calendar",), _periods, _show_periods),
    "grace.students": Key(("grace_students",), _number(0, 90)),
    "grace.adults": Key(("grace_adults",), _number(0, 90)),
    "guard.removals.percent": Key(("limits", "removals"), _number(0, 100)),
    "guard.removals.people": Key(("limits", "people"), _number(0, 1000)),
    "guard.removals_7_days.percent": Key(("limits", "removals_week"), _number(0, 100)),
    "guard.updates.percent": Key(("limits", "updates"), _number(0, 100)),
    "guard.lists.percent": Key(("limits", "lists"), _number(0, 100)),
    "notify.emails": Key(("notify_emails",), _emails, show_words),
    "notify.when": Key(("notify_when",), _one_of("always", "changes", "problems", "never")),
    "notify.digest": Key(("notify_digest",), _switch, _show_switch),
}

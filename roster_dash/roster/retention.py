"""How long each kind of data is kept, as a district may choose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from roster_dash.roster.errors import BadInput
from roster_dash.roster.origin import Origin, capital

FOREVER = 0
MOST_DAYS = 3650


class Data(StrEnum):
    """Kinds of data that age."""

    HISTORY = "history"
    ARCHIVED = "archived"
    ANSWERS = "answers"
    MAILS = "mails"
    DELIVERIES = "deliveries"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Kind:
    """`days`: how long it is kept unless said; `least`: what the product needs itself."""

    title: str
    help: str
    days: int
    least: int


KINDS: Mapping[Data, Kind] = {
    Data.HISTORY: Kind(
        "What syncs and people changed",
        "Names in runs, and the past as of a day, go back so far. Numbers of runs stay.",
        1095,
        60,
    ),
    Data.ARCHIVED: Kind(
        "Archived people",
        "After that they are erased as if somebody had done it by hand, unless {source} shares "
        "them.",
        FOREVER,
        30,
    ),
    Data.ANSWERS: Kind(
        "{Whose} answers", "The last ten of a school at most; the newest one always.", 30, 1
    ),
    Data.MAILS: Kind("Who was mailed what", "The log of mails; their text isn’t kept.", 90, 7),
    Data.DELIVERIES: Kind("Deliveries to webhooks", "The log of them.", 30, 7),
    Data.AUDIT: Kind("The audit log", "Who did what.", 1095, 90),
}
"""`source` and `Whose`: of whose roster it is."""


def kinds_for(origin: Origin) -> Mapping[Data, Kind]:
    """Each kind of data, in a district's words."""
    words = {"source": origin.name, "Whose": capital(origin.whose)}
    return {
        data: replace(kind, title=kind.title.format(**words), help=kind.help.format(**words))
        for data, kind in KINDS.items()
    }


def kept_days(stored: Mapping[str, object], data: Data) -> int:
    """What holds for a district; `FOREVER` (0) for no end."""
    days = stored.get(data)
    return days if isinstance(days, int) else KINDS[data].days


def read_days(texts: Mapping[str, str], origin: Origin) -> tuple[dict[str, int], dict[str, str]]:
    """(kind -> days, kind -> what is wrong with it) of what was typed; blank keeps for ever."""
    found, errors = {}, {}
    kinds = kinds_for(origin)
    for data, kind in kinds.items():
        try:
            found[data.value] = _days(texts.get(data, "").strip(), kind)
        except BadInput as error:
            errors[data.value] = error.message
    history, archived = found.get(Data.HISTORY.value), found.get(Data.ARCHIVED.value)
    if history and archived and archived > history:  # the log knows when they were archived
        errors[Data.ARCHIVED.value] = (
            f"Archived people can’t be kept for longer than “{kinds[Data.HISTORY].title}” "
            f"({history} days), which says when they were archived; blank: for ever."
        )
    return found, errors


def _days(text: str, kind: Kind) -> int:
    if text in ("", "0"):
        return FOREVER
    is_number = text.isascii() and text.isdecimal() and len(text) < 6
    if not (is_number and kind.least <= int(text) <= MOST_DAYS):
        what = kind.title
        raise BadInput(
            f"“{what}” can be kept from {kind.least} to {MOST_DAYS} days; blank: for ever."
        )
    return int(text)

"""What a query of OneRoster's REST API asks for: filter, sort, page and fields. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt
from typing import Any

from roster_dash.provider.rest import FIELDS, Documents, Json, Record
from roster_dash.roster.errors import BadInput

USUAL, MOST = 100, 10_000
"""Records of one page."""
_LARGEST = 2**31 - 1

_FIELD, _SIGN = r"[A-Za-z]+(?:\.[A-Za-z_]+)*", r"!=|>=|<=|=|>|<|~"
_PREDICATE = re.compile(rf"\s*({_FIELD})\s*({_SIGN})\s*'(.*)'\s*", re.DOTALL)
_JOINT = re.compile(rf"(?<=')\s+(AND|OR)\s+(?={_FIELD}\s*(?:{_SIGN})\s*')")
"""A quote in a value (O'Brien) is no end of it unless what comes next is a predicate."""
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": eq,
    ">": gt,
    ">=": ge,
    "<": lt,
    "<=": le,
}


class Refused(BadInput):
    """`minor` is OneRoster's word for what is wrong."""

    def __init__(self, minor: str, message: str) -> None:
        super().__init__(message)
        self.minor = minor


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters of an address, as they came: "" for one that didn't."""

    limit: str = ""
    offset: str = ""
    sort: str = ""
    order: str = ""
    filter: str = ""
    fields: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """`total`: how many there are on all pages."""

    documents: Sequence[Json]
    total: int
    limit: int
    offset: int


def answer(
    records: Iterable[Record], kind: type[Record], documents: Documents, question: Question
) -> Page:
    """One page of what is asked for. Errors: Refused."""
    limit = _number("limit", question.limit, USUAL, 1, MOST)
    offset = _number("offset", question.offset, 0, 0, _LARGEST)
    fields = _fields(kind, question.fields)
    matches, key = _matching(kind, question.filter), _sorting(kind, question)
    found: Sequence[Any] = list(records)
    if matches or key:  # else only the page's documents are made
        made = [document for each in found if _match(matches, document := documents.of(each))]
        if key:
            made.sort(key=key, reverse=question.order == "desc")
        page = made[offset : offset + limit]
        return Page([_only(each, fields) for each in page], len(made), limit, offset)
    page = [documents.of(each) for each in found[offset : offset + limit]]
    return Page([_only(each, fields) for each in page], len(found), limit, offset)


def one(record: Record, documents: Documents, question: Question) -> Json:
    """Errors: Refused."""
    return _only(documents.of(record), _fields(type(record), question.fields))


def _match(matches: Callable[[Json], bool] | None, document: Json) -> bool:
    return matches is None or matches(document)


def _only(document: Json, fields: Sequence[str]) -> Json:
    return {name: document[name] for name in fields if name in document} if fields else document


def _number(name: str, text: str, usual: int, least: int, most: int) -> int:
    if not text:
        return usual
    is_plain = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if not is_plain or not least <= int(text) <= most:
        raise Refused(
            f"invalid_{name}_field", f"“{name}” must be a whole number from {least} to {most}."
        )
    return int(text)


def _fields(kind: type[Record], text: str | None) -> Sequence[str]:
    """Those that are wanted; none: all."""
    if text is None:
        return ()
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise Refused("invalid_blank_selection_field", "“fields” names no field somewhere.")
    known = {each.split(".")[0] for each in FIELDS[kind]}
    if unknown := [name for name in names if name not in known]:
        raise Refused("invalid_selection_field", _no_field(unknown[0], known))
    return names


def _sorting(kind: type[Record], question: Question) -> Callable[[Json], Any] | None:
    """Those that are equal stay in the order of their ids."""
    if question.order not in ("", "asc", "desc"):
        raise Refused("invalid_sort_field", "“orderBy” must be asc or desc.")
    if not question.sort:
        if question.order == "desc":
            raise Refused("invalid_sort_field", "“orderBy” needs “sort”, the field to go by.")
        return None
    if question.sort not in FIELDS[kind]:
        raise Refused("invalid_sort_field", _no_field(question.sort, FIELDS[kind]))
    path = question.sort.split(".")
    return lambda document: [text.casefold() for text in _texts(document, path)]


def _matching(kind: type[Record], text: str) -> Callable[[Json], bool] | None:
    """Of one or two predicates."""
    if not text:
        return None
    first, *rest = _JOINT.split(text)
    if len(rest) > 2:
        raise Refused("invalid_filter_field", "“filter” may join two predicates, no more.")
    left = _predicate(kind, first)
    if not rest:
        return left
    joint, right = rest[0], _predicate(kind, rest[1])
    if joint == "AND":
        return lambda document: left(document) and right(document)
    return lambda document: left(document) or right(document)


def _predicate(kind: type[Record], text: str) -> Callable[[Json], bool]:
    found = _PREDICATE.fullmatch(text)
    if not found:
        raise Refused(
            "invalid_filter_field",
            "“filter” must be like familyName='Lee', with =, !=, >, >=, <, <= or ~, and at most "
            "two of them joined by AND or OR.",
        )
    field, sign, value = found.groups()
    if field not in FIELDS[kind]:
        raise Refused("invalid_filter_field", _no_field(field, FIELDS[kind]))
    path = field.split(".")
    if sign == "~":
        wanted = value.casefold()
        return lambda document: any(wanted in text.casefold() for text in _texts(document, path))
    if field == "dateLastModified":
        return _compared(sign, path, _moment(value), _moment)
    return _compared(sign, path, value, str)


def _compared(
    sign: str, path: Sequence[str], value: Any, read: Callable[[str], Any]
) -> Callable[[Json], bool]:
    """Of a field with several values, it is enough that one is so; `!=`: none is."""
    if sign == "!=":
        return lambda document: all(read(text) != value for text in _texts(document, path))
    compare = _COMPARED[sign]
    return lambda document: any(compare(read(text), value) for text in _texts(document, path))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(
            "invalid_filter_field", "dateLastModified is like 2027-01-31T12:00:00.000Z."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _texts(document: object, path: Sequence[str]) -> list[str]:
    """The values of a field, as texts; of lists those of each entry."""
    if isinstance(document, list):
        return [text for each in document for text in _texts(each, path)]
    if path:
        inside = document.get(path[0]) if isinstance(document, dict) else None
        return _texts(inside, path[1:])
    if isinstance(document, bool):
        return [str(document).lower()]
    return [] if document is None else [str(document)]


def _no_field(name: str, known: Iterable[str]) -> str:
    return f"There is no field “{name[:40]}” here; known are: {', '.join(sorted(known))}."

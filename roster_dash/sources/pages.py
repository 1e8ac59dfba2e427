"""Pages of records as they came: each record's own JSON, of which only the id is looked at.

Most of what comes is what came yesterday, so it is compared as bytes and read only where it isn't.
A page in the form that is promised is taken apart without being decoded; for any other one, the
slow way says what is wrong with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

Json = dict[str, Any]
RawRecord = bytes | msgspec.Raw
"""One record's JSON, a view into its page's or a copy."""


class UnreadableError(Exception):
    """Not JSON, or cut short."""


class NotAnObjectError(Exception):
    """JSON, but no object."""


@dataclass(frozen=True, slots=True)
class Page:
    """`ids[i]` is the id of `records[i]`, "" where it has none that can be read.

    `body` is the page decoded, where its form was not the promised one; `next` is the link.
    """

    ids: Sequence[str]
    records: Sequence[RawRecord]
    next: str | None = None
    body: Json | None = None


class _Entry(msgspec.Struct, gc=False):
    data: msgspec.Raw


class _Link(msgspec.Struct):
    rel: str
    uri: str


class _Body(msgspec.Struct):
    data: list[_Entry]
    links: list[_Link]


class _Known(msgspec.Struct, gc=False):
    id: str


_body_of = msgspec.json.Decoder(_Body).decode
_known = msgspec.json.Decoder(_Known).decode
_all_known = msgspec.json.Decoder(list[_Known]).decode


def read_page(text: bytes) -> Page:
    """A page of the form {"data": [{"data": record}], "links": [{"rel", "uri"}]}.

    Errors: UnreadableError, NotAnObjectError.
    """
    try:
        body = _body_of(text)
        records: list[RawRecord] = [entry.data for entry in body.data]
        ids = [_known(record).id for record in records]
        if not text.isascii():
            text.decode()  # a byte that is no text would only be found once a record is read
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Page((), (), body=read_object(text))
    following = next((link.uri for link in body.links if link.rel == "next"), None)
    return Page(ids, records, following)


def page_of(items: Iterable[Json]) -> Page:
    """Records that were decoded already."""
    items = list(items)
    return Page([str(item.get("id") or "") for item in items], [orjson.dumps(i) for i in items])


def read_object(text: bytes) -> Json:
    """Errors: UnreadableError, NotAnObjectError."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise UnreadableError from None
    if not isinstance(body, dict):
        raise NotAnObjectError
    return body


def read_records(records: Iterable[RawRecord]) -> list[Json]:
    """The records of pages that were read, decoded."""
    decoded: list[Json] = orjson.loads(as_array(records))
    return decoded


def ids_of(records: Iterable[RawRecord]) -> list[str]:
    """Of records that all have one. Errors: msgspec.ValidationError."""
    return [each.id for each in _all_known(as_array(records))]


def as_array(records: Iterable[RawRecord]) -> bytes:
    """Records as one JSON array; each may be several with commas between them."""
    return b"[" + b",".join(records) + b"]"

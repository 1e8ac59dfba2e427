"""The liberties that real providers take. All are off in a new `Switches`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from roster_dash.sandbox.oneroster.world import Json

NEVER = "0001-01-01T00:00:00.000Z"
_BLANK: tuple[Any, ...] = ("", [], {})


@dataclass(slots=True)
class Switches:
    # How it pages
    clamp: int = 0
    """No page has more records, whatever limit was asked for."""
    largest_limit: int = 0
    """A larger one is refused."""
    short_pages: bool = False
    """Every other page has one record less than was asked for."""
    ignores_paging: bool = False
    """Everything comes at once, whatever is asked."""
    repeats_first_page: bool = False
    """Offsets are not looked at."""
    repeats_a_page: bool = False
    """The second page is the first one again."""
    overlaps: bool = False
    """A page begins with the last record of the one before."""
    reverses: bool = False
    """Records come in another order than that of their ids."""
    reshuffles: bool = False
    """Every other page is cut from a list in another order, unless one is asked for."""
    ignores_sort: bool = False
    past_the_end_is_unknown: bool = False
    """An offset beyond the last record is answered with 404."""
    past_the_end_is_refused: bool = False
    """The same with 400."""
    empty_after: int = -1
    """Pages from this offset on are empty, though links lead on."""
    cuts: str = ""
    """A collection of which the second half is left out, and not counted."""
    loops: bool = False
    """The last page's cursor leads to the first one, and limits are not looked at."""

    # What it says of its pages
    total_header: str = "X-Total-Count"
    """"" for none."""
    page_count_header: str = ""
    """One that counts the page's records."""
    total_off_by: int = 0
    total_is_the_pages: bool = False
    total_falls: int = 0
    """With each of so many requests it counts one less, until it is right."""
    revisions: int = -1
    """It says which revision of its records it tells, a new one at each of so many requests; -1: it
    says nothing."""
    links: bool = False
    """A link to the next page, `limit` after this one, however many records this one has."""
    cursor: bool = False
    """Pages are found by links only, which have no offset in them."""
    next_word: str = "next"
    link_host: str = ""
    """Links lead to another host."""

    # What it shows
    shows_gone: bool = False
    gone_status: str = "tobedeleted"
    counts_gone: bool = False
    """The total counts records that aren't shown."""
    agents_at: str = "student"
    """Or contact, or both: who says that they belong together."""
    booleans_as_texts: str = ""
    """"true" or "TRUE": how they are written."""
    blanks: str = ""
    """"null" or "absent" for what is blank."""
    days_never_set: bool = False
    """An enrollment that has no day has 0001-01-01."""
    roleless: str = ""
    """A user, or "*" for all, whose roles aren't told."""
    doubles: str = ""
    """A collection whose first record comes once more at the end."""
    dangling: str = ""
    """A collection with one more record, whose references lead nowhere."""
    extras: bool = False
    """Fields and roles that no document knows."""

    # What goes wrong
    missing_envelope: str = ""
    """A collection that is answered without its list."""
    null_envelope: str = ""
    empties: str = ""
    """A collection that is answered with an empty list and a total of 0."""
    renamed_ids: bool = False
    """Records have an `id` in place of a sourcedId."""
    fails_after: int = -1
    """Answers so many requests..."""
    failures: int = 1
    """...then fails for so many."""
    failure_status: int = 500
    failure_body: str = ""
    """With 200: a "page" of HTML, one "cut" off in the middle, or "dropped" with its connection."""
    retry_after: int = -1
    """Seconds that a failure asks to be waited."""
    missing_collection: str = ""
    expires_tokens_after: int = -1
    """So many requests after it was given, a token is refused."""
    gives_tokens: bool = True


def dress(record: Json, switches: Switches) -> Json:
    """A record in the provider's own fashion."""
    dressed = _with_less(dict(record), switches)
    if dressed["status"] == "tobedeleted":
        dressed["status"] = switches.gone_status
    if switches.extras:
        dressed |= {"ext:house": {"colour": "red"}, "resources": [], "password": "never to be kept"}
        if "roles" in dressed:
            dressed["roles"] = [*dressed["roles"], {"roleType": "secondary", "role": "ext:guest"}]
    if switches.blanks == "null":
        dressed = _each_value(dressed, lambda it: None if it in _BLANK else it)
    if switches.blanks == "absent":
        dressed = {name: value for name, value in dressed.items() if value not in _BLANK}
    if switches.renamed_ids:
        dressed["id"] = dressed.pop("sourcedId")
    return dressed


def _with_less(record: Json, switches: Switches) -> Json:
    """Without roles, with days that aren't any, with texts for booleans."""
    if switches.roleless in ("*", record["sourcedId"]):
        record = {name: it for name, it in record.items() if name not in ("roles", "role")}
    if switches.days_never_set and "class" in record:
        record = {"beginDate": NEVER, "endDate": NEVER, **record}
    if switches.booleans_as_texts:
        says = str.upper if switches.booleans_as_texts == "TRUE" else str.lower
        record = _each_value(record, lambda it: says(str(it)) if isinstance(it, bool) else it)
    return record


def with_oddities(collection: str, records: list[Json], switches: Switches) -> list[Json]:
    """Records that are there twice, or that lead nowhere, or none at all."""
    if collection == switches.empties:
        return []
    if collection == switches.dangling and records:
        last = dict(records[-1])
        nowhere = {"href": "", "sourcedId": "nowhere", "type": "unknown"}
        led = {name: nowhere for name in ("user", "class", "school", "course") if name in last}
        records = [*records, last | led | {"sourcedId": f"zz-{collection}"}]
    if collection == switches.doubles:
        records = [*records, records[0]]
    return records


def with_agents_where(users: list[Json], where: str) -> list[Json]:
    """Who belongs together is said by the student, by the contact, or by both."""
    if where == "student":
        return users
    found = {user["sourcedId"]: dict(user) for user in users}
    for user in users:
        for agent in user.get("agents") or ():
            other = found[agent["sourcedId"]]
            ref = {"href": "", "sourcedId": user["sourcedId"], "type": "user"}
            other["agents"] = [*(other.get("agents") or ()), ref]
        if where == "contact" and user.get("agents"):
            own = {agent["sourcedId"] for agent in user["agents"]}
            kept = found[user["sourcedId"]]["agents"]
            found[user["sourcedId"]]["agents"] = [
                each for each in kept if each["sourcedId"] not in own
            ]
    return list(found.values())


def _each_value(record: Json, change: Callable[[Any], Any]) -> Json:
    return {name: change(value) for name, value in record.items()}

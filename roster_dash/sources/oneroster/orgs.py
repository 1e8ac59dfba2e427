"""Which organization is a school, and which one is the district."""

from collections.abc import Mapping

from roster_dash.sources.oneroster.records import Org

_ABOVE = ("district", "local", "state", "national")
"""Types of organizations that have schools in them, the nearest first."""
_WITHIN = ("department", "")


def is_above_schools(org: Org) -> bool:
    return org.type.casefold() in _ABOVE


def schools_of(orgs: Mapping[str, Org]) -> dict[str, str]:
    """Organization -> its school: a school itself, or the one that a department is in."""
    found = {each: _school_of(each, orgs) for each in orgs}
    return {each: school for each, school in found.items() if school}


def district_name(orgs: Mapping[str, Org]) -> str:
    """The district's name, or whatever there is above the schools; "" where nothing is."""
    above = [org for org in orgs.values() if is_above_schools(org) and org.name]
    nearest = min(above, key=lambda org: (_ABOVE.index(org.type.casefold()), org.id), default=None)
    return nearest.name if nearest else ""


def _school_of(org_id: str, orgs: Mapping[str, Org]) -> str:
    passed: set[str] = set()
    while org_id in orgs and org_id not in passed:
        passed.add(org_id)
        org = orgs[org_id]
        if org.type.casefold() == "school":
            return org_id
        org_id = org.parent_id if org.type.casefold() in _WITHIN else ""
    return ""

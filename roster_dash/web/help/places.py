"""Which part of which guide helps with a page."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request, url_for

from roster_dash.language import code
from roster_dash.web.help.guides import read_guide

PLACES: Mapping[str, str] = {
    "account": "owner#what-happens-without-you",
    "account.log_in": "owner#accounts",
    "account.check": "owner#accounts",
    "clever_login": "owner#accounts",
    "second_factor": "owner#accounts",
    "own": "owner#accounts",
    "links": "owner#accounts",
    "accounts": "owner#accounts",
    "rostering": "owner#choose-what-is-synced-rostering",
    "runs": "owner#when-something-waits-for-you",
    "deciding": "owner#when-something-waits-for-you",
    "deciding.revert_page": "owner#take-a-run-back",
    "deciding.do_revert": "owner#take-a-run-back",
    "people": "owner#people",
    "lists": "owner#lists",
    "history": "owner#history",
    "past": "owner#past",
    "why": "owner#why",
    "drill": "owner#the-fire-drill",
    "connection": "owner#connection",
    "integrations": "owner#api-other-programs",
    "requests": "owner#ask-for-another-school",
    "audit": "owner#audit",
    "district": "manager#the-district-at-a-glance",
    "district.history": "manager#history-data-connection",
    "together": "manager#many-schools-at-once",
    "policy": "manager#the-policy-settings-that-schools-share",
    "privacy": "manager#history-data-connection",
    "privacy.person": "owner#one-persons-data",
    "connection.district": "manager#history-data-connection",
    "connection.districts": "specialist#a-district-that-uses-clever",
    "connection.connect": "specialist#a-district-that-uses-clever",
    "connection.connect_provider": "specialist#a-district-with-a-oneroster-provider",
    "connection.connect_sender": "specialist#a-district-that-sends-files",
    "files": "specialist#a-district-that-sends-files",
    "switching": "specialist#a-district-that-changes-its-source",
}
"""Endpoint, or the area for all others of it -> guide#heading."""


@dataclass(frozen=True, slots=True)
class Place:
    address: str
    title: str


def help_here() -> Place | None:
    """What helps with the page that is asked for."""
    wanted = PLACES.get(request.endpoint or "") or PLACES.get(request.blueprint or "")
    if wanted is None:
        return None
    name, _, slug = wanted.partition("#")
    [title] = [each.text for each in read_guide(name, code()).headings if each.slug == slug]
    return Place(url_for("help.guide", guide=name, _anchor=slug), title)

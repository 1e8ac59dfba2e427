"""No kind of mail is forgotten: what the product can send is what the gallery shows."""

import ast
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import roster_dash
from roster_dash import mail
from roster_dash.mail.notice import NOTICE_KINDS
from roster_dash.sandbox import samples as made_up
from roster_dash.sandbox.samples import samples

PLACE_OF_KIND = {"add_mails": 1, "add_link_mail": 1, "add_notices": 0}
"""The outbox's functions -> where their arguments have the kind."""


def kinds_put_into_the_outbox() -> Iterator[str]:
    """As the code has them; one that isn't written out there is of notices."""
    for path in Path(roster_dash.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                place = PLACE_OF_KIND.get(node.func.attr)
                if place is not None and isinstance(node.args[place], ast.Constant):
                    yield node.args[place].value
    yield from NOTICE_KINDS


def test_every_kind_that_is_put_into_the_outbox_is_shown_and_none_else() -> None:
    put = set(kinds_put_into_the_outbox())
    assert {"run_result", "digest", "calendar", "invitation", "outage", "stale"} <= put
    assert {sample.kind for sample in samples()} == put | {"trial"}


def test_every_way_to_compose_a_mail_is_shown() -> None:
    ways = {
        name
        for module in pkgutil.iter_modules(mail.__path__)
        for name in vars(import_module(f"roster_dash.mail.{module.name}"))
        if name.startswith("compose_")
    }
    assert len(ways) == 7
    assert ways == {name for name in vars(made_up) if name.startswith("compose_")}


def test_every_verdict_is_shown() -> None:
    subjects = [sample.mail.subject for sample in samples() if sample.kind == "run_result"]
    for words in (
        "nothing changed, nothing needs you",
        "joined",
        "wait for you",
        "please look at it",
        "the sync failed",
        "archived",
    ):
        assert any(words in subject for subject in subjects), words


def test_each_has_an_address_of_its_own() -> None:
    names = [sample.name for sample in samples()]
    assert len(set(names)) == len(names)

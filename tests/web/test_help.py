"""Help: the guides of docs/ as pages for everybody; every page has a link to what helps there."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from roster_dash.roster.health import State
from roster_dash.roster.outcomes import Outcome
from roster_dash.web import AREAS
from roster_dash.web.help import guides
from roster_dash.web.help.guides import GUIDES, names, pictures, read_guide
from roster_dash.web.help.places import PLACES
from roster_dash.web.show import LISTS, NEEDS_A_LOOK, OUTCOMES, STATES, TRIGGERS
from tests.builders import Builder
from tests.clever import Clever
from tests.visitor import Visitor
from tests.web.test_who_may import is_for
from tests.web.world import build_world, path_of, routes, visitors

WITHOUT = {"help", "static", "health", "api_description"}
"""What is no page, or is help itself."""


@pytest.mark.parametrize("name", names())
def test_a_guide_opens_without_a_log_in_and_leads_nowhere_odd(app: Flask, name: str) -> None:
    """Every link in it leads to a page of help with that heading, or to another site."""
    page = Visitor(app).get(f"/help/{name}")
    assert page.status_code == 200
    article = page.text.split("<article")[1].split("</article>")[0]
    links = re.findall(r'href="([^"]*)"', article)
    assert all(links), "a link that leads nowhere"
    for link in links:
        if link.startswith("https://"):
            continue
        target, _, slug = link.partition("#")
        assert (target or name) in names(), link
        there = {heading.slug for heading in read_guide(target or name).headings}
        assert not slug or slug in there, link
    for picture in re.findall(r'src="([^"?]*)', article):
        answer = Visitor(app).get(f"/help/{picture}")
        assert answer.mimetype == "image/png"
        assert "no-store" not in answer.headers.get("Cache-Control", "")


def test_headings_have_ids_and_are_listed_at_the_top(app: Flask) -> None:
    page = Visitor(app).get("/help/owner").text
    assert '<h2 id="when-something-waits-for-you">' in page
    contents = page.split('aria-label="On this page"')[1].split("</nav>")[0]
    assert '<a href="#when-something-waits-for-you">When something waits for you</a>' in contents
    assert page.count("<h1") == 1


def test_pictures_come_with_their_size_so_that_nothing_jumps(app: Flask) -> None:
    images = re.findall("<img[^>]*>", Visitor(app).get("/help/owner").text)
    assert images
    assert all(re.search(r'width="\d+" height="\d+" loading="lazy"', each) for each in images)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of guides of the test's own."""
    monkeypatch.setattr(guides, "DOCS", tmp_path)
    for kept in (names, read_guide, pictures):
        kept.cache_clear()
    yield tmp_path
    for kept in (names, read_guide, pictures):
        kept.cache_clear()


def test_html_in_a_guide_is_shown_and_never_used(written: Path) -> None:
    (written / "owner.md").write_text('# T\n\n<script>x</script> <b>y</b>\n\n<img src="z">\n')
    html = read_guide("owner").html
    assert re.search("<(script|b|img)", html) is None
    assert "&lt;script&gt;" in html


def test_links_to_what_is_no_guide_are_text(written: Path) -> None:
    (written / "manager.md").write_text("# M\n")
    (written / "owner.md").write_text(
        "# T\n\n[that](decisions.md) [code](../README.md#x) [js](javascript:x) "
        "[M](manager.md#a) [up](#a) [out](https://x.example)\n\n## A\n\n## A\n"
    )
    guide = read_guide("owner")
    assert re.findall('href="([^"]*)"', guide.html) == ["manager#a", "#a", "https://x.example"]
    assert "that code" in guide.html
    assert [heading.slug for heading in guide.headings] == ["a", "a-1"]


def test_what_is_internal_is_no_help(app: Flask) -> None:
    nobody = Visitor(app)
    for name in ("decisions", "developing", "security", "../README", "screenshots.py"):
        assert nobody.get(f"/help/{name}").status_code == 404
    for name in ("owner.md", "screenshots.py", "..%2fREADME.md"):
        assert nobody.get(f"/help/pictures/{name}").status_code == 404
    assert "rate_budget" not in nobody.get("/help/sync").text


def test_help_lists_its_guides(app: Flask) -> None:
    page = Visitor(app).get("/help").text
    for name in names():
        assert f'href="/help/{name}"' in page
    assert set(names()) >= set(GUIDES) - {"accessibility"}


def test_a_clever_admin_without_an_account_can_read_how_to_share(app: Flask) -> None:
    answer = Visitor(app).get("/guide/sharing")
    assert (answer.status_code, answer.location) == (302, "/help/sharing")
    assert "Approve Roster Dash" in Visitor(app).get("/help/sharing").text


@pytest.mark.parametrize("target", sorted(set(PLACES.values())))
def test_every_heading_that_a_page_leads_to_is_there(target: str) -> None:
    name, _, slug = target.partition("#")
    assert name in names()
    assert [each.slug for each in read_guide(name).headings].count(slug) == 1


def test_every_area_and_every_page_says_what_helps_there(
    app: Flask, make: Builder, clever: Clever
) -> None:
    known = {area.blueprint.name for area in AREAS}
    assert {name.partition(".")[0] for name in PLACES} <= known
    world = build_world(make, clever)
    values, everybody = world.here.values(), visitors(app, world)
    seen = set()
    for rule, method in routes(app):
        if method != "GET" or rule.endpoint.partition(".")[0] in WITHOUT:
            continue
        for who in ("anonymous", "specialist"):
            if not is_for(who, rule) or "token" in rule.arguments:
                continue
            page = everybody[who].get(path_of(rule, values))
            if page.mimetype == "text/html" and page.status_code == 200 and "<main" in page.text:
                seen.add(rule.endpoint)
                assert unescape(page.text).count(">Help: ") == 1, rule.endpoint
                assert page.text.count('href="/help"') == 1, rule.endpoint
    assert len(seen) > 30


def test_what_is_not_there_for_somebody_says_no_more_than_what_is_not_there(
    app: Flask, make: Builder, clever: Clever
) -> None:
    world = build_world(make, clever)
    owner = visitors(app, world)["owner of another school"]
    hidden = owner.get(f"/schools/{world.here.school.id}/rostering")
    assert hidden.status_code == 404
    assert hidden.text.split("<main")[1] == owner.get("/no/such/page").text.split("<main")[1]
    assert "Help: " not in hidden.text


def test_the_glossary_has_every_state_and_outcome_that_the_product_says() -> None:
    first_cells = re.findall(
        r"^\| (.*?) \|", (guides.DOCS / "glossary.md").read_text("utf-8"), re.MULTILINE
    )
    said = {word.strip(" *`") for cell in first_cells for word in cell.split(",")}
    words = {word for word, _ in (*STATES.values(), NEEDS_A_LOOK)}
    words |= {*OUTCOMES.values(), *LISTS.values(), *STATES, *Outcome}
    words |= {state.word for state in State}
    assert sorted(words - said) == []
    text = (guides.DOCS / "glossary.md").read_text("utf-8")
    assert [trigger for trigger in TRIGGERS.values() if f"*{trigger}*" not in text] == []

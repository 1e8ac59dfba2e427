"""Guides in other languages: part for part those of the English ones, and words of the pages."""

import re
from collections import defaultdict
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from markdown_it.token import Token

from roster_dash.language import ENGLISH, LANGUAGES, speaking, translated
from roster_dash.language.__main__ import TRANSLATIONS, read
from roster_dash.roster.health import State
from roster_dash.web.help import guides
from roster_dash.web.help.guides import GUIDES, names, parsed, pictures, read_guide, translation
from roster_dash.web.show import LISTS, NEEDS_A_LOOK, OUTCOMES, STATES, TRIGGERS
from tests.visitor import Visitor

TRANSLATED = [
    (language, name)
    for language in sorted(set(LANGUAGES) - {ENGLISH})
    for name in names()
    if translation(name, language).exists()
]
each_translation = pytest.mark.parametrize(("language", "name"), TRANSLATED)


def get(app: Flask, path: str, language: str = "es") -> str:
    return Visitor(app).ask("GET", path, headers={"Accept-Language": language}).text


def what_it_is(token: Token) -> str:
    """Its kind; of code what isn't a comment; of a text its code, links and pictures."""
    if token.type == "fence":
        return re.sub(" +# .*", "", token.content)
    marks = [each.content for each in token.children or [] if each.type == "code_inline"]
    for each in token.children or []:
        target = str(each.attrGet("href") or each.attrGet("src") or "")
        marks += [target] if ":" in target else [re.sub(r"^(\.\./)+", "", target)] if target else []
    return " ".join([f"{token.type}:{token.tag}", *sorted(marks)])


@each_translation
def test_a_translation_has_the_parts_of_its_guide(language: str, name: str) -> None:
    """Also the same paragraphs, rows, code and links: a guide that has grown is found here."""
    english, other = parsed(name, ENGLISH), parsed(name, language)
    said = ""
    for ours, theirs in zip(english, other, strict=False):
        assert what_it_is(theirs) == what_it_is(ours), f"after “{said}”: “{ours.content}”"
        said = ours.content or said
    more = [token.content for token in english[len(other) :] if token.content]
    assert len(other) == len(english), f"after “{said}”: {more}"


@each_translation
def test_links_of_a_translation_lead_to_files_that_are_there(language: str, name: str) -> None:
    """As GitHub follows them: to the translation of a guide where there is one, else by `../`."""
    here = translation(name, language)
    for token in parsed(name, language):
        for each in token.children or []:
            target = str(each.attrGet("href") or each.attrGet("src") or "").partition("#")[0]
            if target and ":" not in target:
                assert (here.parent / target).exists(), target
                english = Path(target).parent == Path("..")
                assert not english or not (here.parent / Path(target).name).exists(), target


@cache
def words_of_pages(language: str) -> dict[str, set[str]]:
    """What is seen on pages, where it has no places -> how it is said in the language."""
    words = defaultdict(set)
    for message in read(TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"):
        if isinstance(message.id, str) and message.id and isinstance(message.string, str):
            words[seen(message.id)].add(seen(message.string))
    return words


def seen(message: str) -> str:
    return re.sub('<span class="visually-hidden">.*?</span>', "", message).strip()


def words_in(token: Token) -> list[str]:
    """The texts of a block in bold or italics."""
    found, within = [], ""
    for each in token.children or []:
        if each.type in ("strong_open", "em_open"):
            within = " "
        elif each.type in ("strong_close", "em_close"):
            found, within = [*found, within.strip().replace("'", "’")], ""
        elif within:
            within += " " if each.type == "softbreak" else each.content
    return found


@each_translation
def test_words_of_pages_are_called_in_guides_as_on_the_pages(language: str, name: str) -> None:
    words = words_of_pages(language)
    wrong = []
    for ours, theirs in zip(parsed(name, ENGLISH), parsed(name, language), strict=True):
        said = words_in(theirs)
        wrong += [
            f"{word}: {words[word]}, not one of {said}"
            for word in words_in(ours)
            if word in words and not words[word] & set(said)
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", sorted({language for language, _ in TRANSLATED}))
def test_a_translated_glossary_has_every_state_and_outcome(app: Flask, language: str) -> None:
    text = translation("glossary", language).read_text("utf-8")
    first_cells = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    said = {word.strip(" *`") for cell in first_cells for word in cell.split(",")}
    english = {word for word, _ in (*STATES.values(), NEEDS_A_LOOK)}
    english |= {*OUTCOMES.values(), *LISTS.values(), *(state.word for state in State)}
    with app.test_request_context(), speaking(language):
        assert sorted({translated(word) for word in english} - said) == []
        told = re.sub(r"\s+", " ", text)
        assert [
            each for each in map(translated, TRIGGERS.values()) if f"*{each}*" not in told
        ] == []


@each_translation
def test_headings_of_a_translation_have_the_english_ids(language: str, name: str) -> None:
    """So a link to a part of a guide is right in every language."""
    english, other = read_guide(name), read_guide(name, language)
    assert (english.language, other.language) == (ENGLISH, language)
    assert [each.slug for each in other.headings] == [each.slug for each in english.headings]
    assert re.findall(r'(?:href|src)="([^"]*)"', other.html) == re.findall(
        r'(?:href|src)="([^"]*)"', english.html
    )


def test_a_page_in_spanish_leads_to_the_part_of_the_spanish_guide(app: Flask) -> None:
    page = unescape(get(app, "/login"))
    assert '<a class="help-here" href="/help/owner#accounts">Ayuda: Cuentas</a>' in page
    guide = get(app, "/help/owner")
    assert '<h2 id="accounts">Cuentas</h2>' in guide
    assert '<a href="#accounts">Cuentas</a>' in guide
    assert 'aria-label="En esta página"' in guide
    assert '<h2 id="accounts">Accounts</h2>' in get(app, "/help/owner", "en")
    assert "Para Responsables" in get(app, "/help")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """A folder of guides of the test's own."""
    monkeypatch.setattr(guides, "DOCS", tmp_path)
    for kept in (names, read_guide, pictures):
        kept.cache_clear()
    for name in GUIDES:
        part = guides.ONLY.get(name, "Part")
        (tmp_path / f"{name}.md").write_text(f"# Guide of {name}\n\n## {part}\n\nWords.\n")
    yield tmp_path
    for kept in (names, read_guide, pictures):
        kept.cache_clear()


def test_a_guide_without_a_translation_is_in_english_and_says_so(app: Flask, written: Path) -> None:
    sentence = "Esta guía todavía no está traducida: está en inglés."
    page = get(app, "/help/sources")
    assert sentence in page
    assert '<h1 lang="en">Guide of sources</h1>' in page
    assert '<article class="card prose" lang="en">' in page
    assert page.count("lang=") == 3  # the page's own too; no contents of one part
    assert '<a href="/help/sources" lang="en">' in get(app, "/help")
    english = get(app, "/help/sources", "en")
    assert english.count("lang=") == 1
    assert "no translation" not in english


def test_links_of_a_translation_lead_to_pages_of_help(written: Path) -> None:
    (written / "es").mkdir()
    (written / "es" / "owner.md").write_text(
        "# G\n\n## Parte\n\n[a](manager.md#part) [b](../sources.md) [c](../decisions.md) "
        "[d](../../README.md) [e](#part)\n"
    )
    html = read_guide("owner", "es").html
    assert re.findall('href="([^"]*)"', html) == ["manager#part", "sources", "#part"]
    assert '<h2 id="part">Parte</h2>' in html

"""The catalogues: as new as the code, complete, and fit to be put into pages."""

import re

import pytest
from babel.messages.catalog import Message

from roster_dash.language import ENGLISH, LANGUAGES
from roster_dash.language.__main__ import TRANSLATIONS, read, stale, template
from roster_dash.language.sentences import SENTENCE, Sentences, recognisable

OTHERS = sorted(set(LANGUAGES) - {ENGLISH})


def po(language: str):  # type: ignore[no-untyped-def]
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def messages(language: str) -> list[Message]:
    return [message for message in read(po(language)) if message.id]


def forms(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, tuple | list) else (str(text or ""),)


@pytest.mark.parametrize("language", OTHERS)
def test_make_translations_was_run_after_the_last_change(language: str) -> None:
    assert not stale(po(language)), "run `make translations`"


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_of_the_code_lacks_its_translation(language: str) -> None:
    """Of a language that is offered: no message of the templates either."""
    needed = [
        message
        for message in messages(language)
        if LANGUAGES[language].is_complete
        or any(str(file).endswith(".py") for file, _ in message.locations)
    ]
    assert len(needed) > 1000
    lacking = [message.id for message in needed if message.fuzzy or not all(forms(message.string))]
    assert not lacking


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_places_and_the_markup_of_its_message(language: str) -> None:
    for message in messages(language):
        for english, other in zip(forms(message.id), forms(message.string), strict=False):
            if other:
                assert _marks(other) == _marks(english), (english, other)


def _marks(text: str) -> tuple[set[str], list[str]]:
    """Its places, and its tags in any order: what opens must close."""
    places = set(re.findall(r"%\(\w+\)[sd]|`[^`]+`", text))
    return places, sorted(re.findall(r"</?[a-z][^>]*>", text))


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_found_again_in_what_it_makes(language: str) -> None:
    """With other things in its places: no pattern hides another one."""
    known = list(
        recognisable(
            (message.context, message.id, message.string)
            for message in messages(language)
            if isinstance(message.id, str)
        )
    )
    sentences = Sentences(known, lambda _: None)
    for english, other in known:
        if re.search(r"%\(\w+\)[sd]", english) and re.search(r"[a-z]{2,}", _without(english)):
            assert sentences.said(_filled(english)) == _filled(other), english


def _without(message: str) -> str:
    return re.sub(r"%\(\w+\)[sd]", "", message)


def _filled(message: str) -> str:
    return re.sub(
        r"%\((\w+)\)([sd])", lambda place: "7" if place[2] == "d" else f"Xq{place[1]}", message
    ).replace("%%", "%")


def test_messages_are_read_from_f_strings_with_their_places() -> None:
    from roster_dash.language.extract import sentences_of

    code = """
def f(role, n, who):
    "No docstring is said."
    log.info("nor what goes to the log: %s", n)
    flash(gettext("Nor what is marked, %(n)s.", n=n))
    name = "word"
    raise Bad(f"{n:,} of {role.counted(n)} {'is' if n == 1 else 'are'} at {n / 2:.1f} %.", who)
    return "{} joined in {place}".format(n, place="")
"""
    assert sentences_of(code) == [
        "%(n)d of %(role)s is at %(n2)s %%.",
        "%(n)d of %(role)s are at %(n2)s %%.",
        "%(value1)s joined in %(place)s",
    ]


def test_the_template_has_what_templates_code_and_phrases_say() -> None:
    found = template()
    assert "Of pages and mails" in found  # a template's
    sentence = "%(role)s: %(parts)s does nothing while Sync is off."
    assert found.get(sentence, SENTENCE)  # the roster's
    assert found.get("%(number)d lists retired", SENTENCE)  # put together from parts

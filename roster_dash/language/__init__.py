"""WHICH LANGUAGE: those there are, the one of a page or a mail, and what is said in it.

What is made and kept is English. `translated` says it in the language of whoever reads: a page of
the web by its filter of that name, a mail by `speaking`. docs/translations.md tells how.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import cast

from flask_babel import force_locale, get_locale, get_translations
from flask_babel.speaklater import LazyString
from markupsafe import Markup

from roster_dash.config import current_config
from roster_dash.language.figures import in_figures
from roster_dash.language.sentences import Sentences, recognisable


@dataclass(frozen=True, slots=True)
class Language:
    """`name` as its speakers call it; `locale` says how numbers and days are written;
    `of` is what stands between day, month and year."""

    name: str
    locale: str
    long_day: str
    of: str
    is_complete: bool
    """Half a translation is shown to nobody, but with DRAFT_LANGUAGES."""


ENGLISH = "en"
LANGUAGES = {
    ENGLISH: Language("English", "en_US", "EEEE dd MMMM y", " ", is_complete=True),
    "es": Language("Español", "es_US", "EEEE d 'de' MMMM 'de' y", " de ", is_complete=True),
}


def offered() -> dict[str, Language]:
    """The languages that people can have here, by their codes."""
    drafts = current_config().draft_languages
    return {code: each for code, each in LANGUAGES.items() if each.is_complete or drafts}


def code() -> str:
    """The language that is spoken now: "es"."""
    locale = get_locale()
    return str(locale.language) if locale else ENGLISH


def spoken() -> Language:
    """The language itself."""
    return LANGUAGES[code()]


def locale_of(wanted: str | None) -> str:
    """The locale of a language, as far as it is offered; else of English."""
    known = offered()
    return known[wanted if wanted in known else ENGLISH].locale


@contextmanager
def speaking(wanted: str | None) -> Iterator[None]:
    """What is composed within is in this language, if it is offered."""
    with force_locale(locale_of(wanted)):
        yield


def translated(english: str) -> str:
    """What is stored, or made far from the page, in the language that is spoken.

    Markup stays markup: what is put into it was escaped before.
    """
    language = code()
    if language == ENGLISH or not english:
        return english
    said = _sentences(language).said(str(english))
    return Markup(said) if isinstance(english, Markup) else said  # noqa: S704


def later(english: str) -> str:
    """A word of a table, said in the language of whoever reads it by then."""
    return cast(str, LazyString(translated, english))


@cache
def _sentences(language: str) -> Sentences:
    catalogue = getattr(get_translations(), "_catalog", {})
    parts = (
        (*key.rpartition("\x04")[::2], other)
        for key, other in catalogue.items()
        if isinstance(key, str) and key
    )
    messages = ((context or None, english, other) for context, english, other in parts)
    about = LANGUAGES[language]
    return Sentences(recognisable(messages), lambda text: in_figures(text, about.locale, about.of))

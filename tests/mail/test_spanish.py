"""Every mail in Spanish: what was composed in English is written without an English word left."""

import re
from collections.abc import Sequence

import pytest
from flask import Flask
from markupsafe import escape

from roster_dash.language import speaking, translated
from roster_dash.mail.letter import Mail
from roster_dash.sandbox import samples as made_up
from roster_dash.sandbox.samples import Sample, samples
from tests.mail.markup import take_apart
from tests.web.english import english_left, english_words

DATA = {
    *(made_up.SCHOOL, made_up.LONG_SCHOOL, made_up.DISTRICT, "Jordan Blake", "PowerSchool"),
    *("Aaliyah Brooks", "Aaron Castillo", "Abigail Lindqvist", "Adam Novak", "Aiko Tanaka"),
    *("Ana Ruiz", "Ben Cho", "Cora Diaz", "Dev Patel", "Kim Lee", "Priya Raman", "Sam O’Neil"),
    *("Björn Ångström", "Nguyễn Thị Minh Khai", "Olivia Hart", "Liam Fischer", "Zoë Peeters"),
    *("Casey Morgan", "Algebra I", "Art, period 1", "Biology", "period 3", "Homeroom 9B"),
    *("“refused”",),  # as the folder is called
}
ADDRESSES = re.compile(r"https?://\S+|[\w.]+@[\w.]+|\b[0-9a-f]{24}\b")


def texts(mail: Mail) -> list[str]:
    """Subject, text and what the HTML shows, without addresses."""
    shown = (text.words for text in take_apart(mail.html).texts)
    every = (mail.subject, mail.text, "\n".join(shown))
    return [str(escape(ADDRESSES.sub(" ", text))) for text in every]


@pytest.fixture(scope="module")
def words() -> set[str]:
    """Also of words that stand alone in the code, which no catalogue knows."""
    said = [part for sample in samples() for part in (sample.mail.subject, sample.mail.text)]
    return english_words("es", said)


@pytest.fixture
def spanish(app: Flask) -> Sequence[Sample]:
    with speaking("es"):
        return samples.__wrapped__()


def test_no_english_is_left_in_any_mail(spanish: Sequence[Sample], words: set[str]) -> None:
    left = {
        sample.name: found
        for sample in spanish
        if (found := [english_left(text, words, DATA) for text in texts(sample.mail)])
        and any(found)
    }
    assert not left


def test_each_mail_in_english_would_be_found(words: set[str]) -> None:
    """In its subject, in its text and in its HTML."""
    for sample in samples():
        for text in texts(sample.mail):
            assert english_left(text, words, DATA), sample.name


def test_a_mail_says_which_language_it_is_in(spanish: Sequence[Sample]) -> None:
    for sample in spanish:
        elements = take_apart(sample.mail.html).elements
        told = [each.attributes["lang"] for each in elements if "lang" in each.attributes]
        assert told == ["es"] * 2


def test_names_and_addresses_stay(spanish: Sequence[Sample]) -> None:
    for sample, other in zip(samples(), spanish, strict=True):
        assert take_apart(sample.mail.html).links == take_apart(other.mail.html).links
        english, said = (" ".join(each.mail.text.split()) for each in (sample, other))
        for name in DATA:
            assert english.count(name) == said.count(name), name


def test_what_is_said_once_is_not_said_again(app: Flask, spanish: Sequence[Sample]) -> None:
    with speaking("es"):
        for sample in spanish:
            assert translated(sample.mail.subject) == sample.mail.subject


def test_a_school_that_is_called_like_a_word_of_ours_keeps_its_name(app: Flask) -> None:
    with speaking("es"):
        mail = made_up.compose_run_result(made_up._result("", made_up._counts(), school="Students"))
    assert mail.subject == "Students: nada cambió, no tiene que hacer nada"


def test_days_numbers_and_what_is_counted_are_said_in_spanish(spanish: Sequence[Sample]) -> None:
    told = {sample.name: " ".join(sample.mail.text.split()) for sample in spanish}
    assert "Terminada: martes 24 de noviembre, 02:04" in told["run-changes"]
    assert "Priya Raman (apellido, correo electrónico)" in told["run-changes"]
    assert (
        "Personas: nuevas 3, actualizadas 2, sin cambios 1,278, por salir 1; en cero:"
        in (told["run-changes"])
    )
    assert "A LA VEZ (212) - Olivia Hart se archivaría" in told["run-held"]
    assert "5 sincronizaciones, 2 con fallas" in told["digest-failures"]
    assert "Mañana es lunes 21 de diciembre." in told["calendar-pause"]

"""What is stored in English, said in another language: patterns, places, lists and figures."""

import pytest

from roster_dash.language.figures import in_figures
from roster_dash.language.sentences import Sentences

CATALOGUE = {
    "%(number)d of %(role)s would be archived.": "Se archivarían %(number)d de %(role)s.",
    "%(what)s would be archived.": "%(what)s: se archivaría.",
    "%(number)d students": "%(number)d estudiantes",
    "1 student": "1 estudiante",
    "%(name)s is not here. %(reason)s": "%(name)s no está aquí. %(reason)s",
    "%(name)s has paused%(until)s.": "%(name)s hace una pausa%(until)s.",
    " until %(day)s": " hasta el %(day)s",
    "Up to %(percent)s %% of %(role)s": "Hasta el %(percent)s %% de %(role)s",
    "%(count)s was taken back.": "%(count)s se deshizo.",
    "%(key)s can’t be “%(text)s”: %(why)s.": "%(key)s no puede ser “%(text)s”: %(why)s.",
    "“%(address)s” is no address at all that exists": "“%(address)s” no existe",
    "Limit: of a role": "Límite: de un rol",
    "Limit: of lists": "Límite: de listas",
    "The next sync asks.": "La próxima sincronización pregunta.",
    "Staff": "Personal",
    "terms": "periodos",
    "grades": "grados",
    "%(doubt)s. No list was removed.": "%(doubt)s. No se quitó ninguna lista.",
    "No %(role)s are here. No list was removed. %(next)s": (
        "No hay %(role)s. No se quitó ninguna lista. %(next)s"
    ),
    "nothing changed": "nada cambió",
    "the row is left out": "la fila se deja fuera",
    " and ": " y ",
}


def said(english: str) -> str:
    figures = lambda text: in_figures(text, "es_US", " de ")  # noqa: E731
    return Sentences(CATALOGUE.items(), figures).said(english)


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("nothing changed", "nada cambió"),
        ("Nothing changed.", "Nada cambió."),
        ("12 of 1,200 students would be archived.", "Se archivarían 12 de 1,200 estudiantes."),
        ("1 student would be archived.", "1 estudiante: se archivaría."),
        ("Somebody would be archived.", "Somebody: se archivaría."),
        ("Up to 5 % of 9 students", "Hasta el 5 % de 9 estudiantes"),
        ("terms and grades", "periodos y grados"),
        ("nothing changed, 3 students", "nada cambió, 3 estudiantes"),
        ("Limit: of a role, Limit: of lists", "Límite: de un rol, Límite: de listas"),
        ("users.csv: the row is left out.", "users.csv: la fila se deja fuera."),
    ],
)
def test_the_pattern_that_says_most_is_taken_and_its_places_are_said_in_turn(
    english: str, spanish: str
) -> None:
    assert said(english) == spanish


def test_what_is_not_known_stays_english() -> None:
    assert said("Clever sings.") == "Clever sings."
    assert said("Clever sings. The next sync asks.") == (
        "Clever sings. La próxima sincronización pregunta."
    )


def test_sentences_in_a_row_are_told_apart_though_a_place_could_swallow_them() -> None:
    assert said("3 students was taken back. The next sync asks. It was taken back.") == (
        "3 estudiantes se deshizo. La próxima sincronización pregunta. It se deshizo."
    )


def test_a_name_is_never_translated_even_if_it_is_a_word_of_ours() -> None:
    assert said("Staff is not here. Nothing changed.") == "Staff no está aquí. Nada cambió."


def test_a_name_with_a_stop_in_it_ends_no_sentence() -> None:
    assert said("Ann St. Mary is not here. Nothing changed.") == (
        "Ann St. Mary no está aquí. Nada cambió."
    )


def test_sentences_that_belong_together_are_found_after_another_one() -> None:
    assert said("Nothing changed. No staff are here. No list was removed. The next sync asks.") == (
        "Nada cambió. No hay personal. No se quitó ninguna lista. "
        "La próxima sincronización pregunta."
    )


def test_two_words_are_joined_only_where_both_are_ours() -> None:
    assert said("Art and terms") == "Art and terms"


def test_what_is_quoted_ends_with_its_quote_and_may_be_empty() -> None:
    assert said("terms can’t be “”: nothing changed.") == ("periodos no puede ser “”: nada cambió.")
    assert said("terms can’t be “a”: “a” is no address at all that exists.") == (
        "periodos no puede ser “a”: “a” no existe."
    )


def test_a_place_after_a_word_may_be_empty() -> None:
    assert said("Here High has paused.") == "Here High hace una pausa."
    assert said("Here High has paused until 3 November 2026.") == (
        "Here High hace una pausa hasta el 3 de noviembre de 2026."
    )


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("1,234", "1,234"),
        ("28 Nov 2026, 14:03", "28 nov 2026, 14:03"),
        ("Monday 3 November", "lunes 3 de noviembre"),
        ("Tue 14:03", "mar 14:03"),
        ("Tuesday 24 November, 09:15 CST", "martes 24 de noviembre, 09:15 CST"),
    ],
)
def test_numbers_and_days_are_written_as_the_language_does(english: str, spanish: str) -> None:
    assert in_figures(english, "es_US", " de ") == spanish


@pytest.mark.parametrize("text", ["Ann Lee", "May", "Summer 2026", "3 apples", "12:30", ""])
def test_what_is_no_day_is_left_alone(text: str) -> None:
    assert in_figures(text, "es_US", " de ") is None


def test_a_sentence_is_compared_with_few_patterns() -> None:
    """Each is kept under its rarest word, so that a page of sentences costs little."""
    many = {f"%(a)s word{chr(97 + n)}x would be archived.": "%(a)s" for n in range(26)}
    sentences = Sentences((CATALOGUE | many).items(), lambda _: None)
    assert max(map(len, sentences._by_word.values())) <= 2

"""What the product really says, made by its own builders, in Spanish without an English word left.

That no pattern of the code is missing is tests/language/test_catalogues.py's; here are sentences
that are put together: of clauses, numbers, names and each other.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from roster_dash.language import LANGUAGES
from roster_dash.language.__main__ import TRANSLATIONS, read
from roster_dash.language.figures import in_figures
from roster_dash.language.sentences import Sentences, recognisable
from roster_dash.roster.calendar import parse_period
from roster_dash.roster.errors import BadInput
from roster_dash.roster.findings import findings_of_school
from roster_dash.roster.guard import GUARDS
from roster_dash.roster.health import Facts, State, health_of
from roster_dash.roster.history import History
from roster_dash.roster.idle import idle_settings
from roster_dash.roster.origin import ORIGINS
from roster_dash.roster.outcomes import REASONS, Outcome, PersonOutcome
from roster_dash.roster.plan import plan
from roster_dash.roster.records import Term
from roster_dash.roster.report import HELD_WORDS, KINDS, NO_COUNTS, verdict
from roster_dash.roster.retention import kinds_for
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import KEYS, UPDATE_FIELDS
from roster_dash.roster.why import Facts as Asked
from roster_dash.roster.why import explain, note_of
from tests.builders import (
    a_kept_list,
    a_section,
    a_snapshot,
    a_student,
    a_teacher,
    here,
    kept,
    some_settings,
)
from tests.web.english import english_left, english_words

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ON = {
    f"{role}{part}": "on"
    for role in ("students", "teachers", "staff", "admins")
    for part in ("", "__auto_update", "__archive")
} | {"grace__students": "0", "grace__adults": "0"}
LISTS = {"class_lists": "on", "class_lists__terms": "all", "class_lists__grades": "all"}
TYPED = {
    *("all", "always", "changes", "problems", "never", "nobody", " or "),
    *("maybe", "often", "open", "shoes", "soon"),
}
"""What is typed into commands stays as it is typed."""

DATA = {"Ana", "Bo", "Student", "Teacher", "Biology", "Lincoln High", *KEYS, *UPDATE_FIELDS, *TYPED}


def tables() -> Iterator[str]:
    yield from REASONS.values()
    yield from GUARDS.values()
    yield from HELD_WORDS.values()
    yield from KINDS.values()
    yield from (state.word for state in State)
    for role in Role:
        yield from (role.label, role.help, role.counted(1), role.counted(1234))
    for origin in ORIGINS.values():
        yield from (origin.start, origin.last_answer, origin.id, origin.look, origin.way)
        yield from (origin.sharer, origin.shares, origin.has_shared, origin.fix, origin.upstream)
        for kind in kinds_for(origin).values():
            yield from (kind.title, kind.help)


def verdicts() -> Iterator[str]:
    """Of one and of many of everything that a run counts."""
    for status, number in product(("succeeded", "held", "failed", "cancelled"), (0, 1, 1200)):
        counts = {part: dict.fromkeys(values, number) for part, values in NO_COUNTS.items()}
        yield verdict(status, counts, [])
        yield verdict(status, {**counts, "people": NO_COUNTS["people"]}, [])
    members = {**NO_COUNTS, "memberships": {"added": 2, "removed": 1}}
    yield verdict("succeeded", members, ["Nobody and no list was removed."])


def healths() -> Iterator[str]:
    well = Facts(True, "succeeded", last_good=NOW - timedelta(hours=5), next_at=NOW)
    for changes in (
        {},
        {"held": 1},
        {"held": 3},
        {"asks": True},
        {"status": "failed", "fails": 1},
        {"status": "failed", "fails": 2, "error": "not_shared"},
        {"status": "failed", "fails": 2, "error": "unforeseen"},
        {"last_good": NOW - timedelta(hours=30), "is_behind": True},
        {"last_good": NOW - timedelta(days=9), "is_behind": True},
        {"next_at": None},
        {"paused": True},
        {"status": "", "last_good": None},
        {"status": "", "last_good": None, "next_at": None},
        {"is_linked": False},
    ):
        facts = replace(well, **changes)  # type: ignore[arg-type]
        for origin in ORIGINS.values():
            health = health_of(facts, NOW, origin)
            yield from (health.why, health.move)


def idle() -> Iterator[str]:
    for changes in (
        {"students__auto_update": "on", "students__archive": "on", "staff__archive": "on"},
        {"contacts": "primary", "class_lists": "on"},
        {"class_lists": "on", "class_lists__terms": "all", "class_lists__grades": ""},
        {"schedule__enabled": "off", "students": "on"},
        {"notify__digest": "on"},
        {"notify__emails": "a@b.example", "notify__when": "never"},
    ):
        yield from idle_settings(some_settings(**changes))


def plans() -> Iterator[str]:
    """What guards hold, doubts and warnings, of plans with too much in them."""
    few, many = (tuple(kept(a_student()) for _ in range(number)) for number in (4, 60))
    teachers = tuple(kept(a_teacher()) for _ in range(40))
    section = a_section(students=tuple(row.person.source_id for row in many))
    others = [a_kept_list(a_section()) for _ in range(9)]
    asked = some_settings(**(ON | LISTS))
    changed = [replace(row.person, email=f"new-{row.id}@school.example") for row in many]
    raised = [replace(row.person, roles=(Role.STAFF,)) for row in few[:1]]
    made_admin = [replace(row.person, roles=(Role.ADMIN,)) for row in teachers[:2]]
    renumbered = [replace(row.person, source_id=f"new-{row.id}") for row in many]
    strange = [a_student(email=email) for email in ("", "broken", "a@b.example", "a@b.example")]
    for people, rows, sections in (
        ([row.person for row in many[30:]], many, [section]),
        ([row.person for row in few[3:]], few, []),
        ([row.person for row in many], (*many, *teachers), [replace(section, students=())]),
        (changed, many, [section]),
        ([*(row.person for row in few[1:]), *raised], few, []),
        ([*made_admin, *(row.person for row in teachers[2:])], teachers, []),
        (renumbered, many, []),
        (strange, (), []),
        ([*strange, replace(strange[0], source_id="")], few, [section]),
    ):
        snapshot = a_snapshot(list(people), list(sections), [Term("term-1", "Fall")])
        on_it = frozenset(row.id for row in rows)
        lists = [a_kept_list(section, members=on_it), *others]
        made = plan(snapshot, here(list(rows), lists), asked, TODAY, History())
        yield from made.warnings
        yield from made.holds
        yield from (finding.what for finding in findings_of_school(snapshot))
        yield from (finding.fix for finding in findings_of_school(snapshot))


def mistakes() -> Iterator[str]:
    for key, text in (
        ("students", "maybe"),
        ("class_lists.terms", '"open'),
        ("auto_update.fields", "shoes"),
        ("pause.until", "soon"),
        ("notify.emails", "nobody"),
        ("notify.emails", "ñ@b.example"),
        ("schedule.time", "25:00"),
        ("grace.students", "-1"),
        ("notify.when", "often"),
        ("calendar", "someday"),
    ):
        try:
            some_settings().changed({key: text})
        except BadInput as error:
            yield error.message
    for text in ("2026-01-01..2025-01-01 pause", "2026-01-01..2026-01-02 pause 5", "x..y pause"):
        try:
            parse_period(text)
        except ValueError as error:
            yield str(error)


def stories() -> Iterator[str]:
    """Why?: each way to end, of somebody who is here, archived or nowhere."""
    person = a_student()
    rows = (None, kept(person), replace(kept(person), included=False))
    for reason, row, record, origin in product(REASONS, rows, (None, person), ORIGINS.values()):
        ends = PersonOutcome(Outcome.UNCHANGED, reason, person.source_id, None, person.name)
        asked = Asked(
            "Lincoln High",
            "of 24 Nov 2026, 14:03",
            origin,
            record,
            row,
            ends,
            last_seen="3 Nov 2026, 02:00",
            lists=2,
            story="Added 3 Nov 2026, 02:00 by run 12, approved by the command line. "
            "New in the roster.",
            rejected="Yes, of run 12, by the command line.",
        )
        story = explain(asked, some_settings(students="on"))
        yield from (story.verdict, story.fix)
        for step in story.steps:
            yield from (step.question, step.says)
    yield from note_of(story, "Ana").splitlines()[:1]


SAID: dict[str, Callable[[], Iterator[str]]] = {
    made.__name__: made for made in (tables, verdicts, healths, idle, plans, mistakes, stories)
}


@pytest.fixture(scope="module")
def spanish() -> Sentences:
    about = LANGUAGES["es"]
    messages = (
        (message.context, message.id, message.string)
        for message in read(TRANSLATIONS / "es" / "LC_MESSAGES" / "messages.po")
        if isinstance(message.id, str) and message.id
    )
    return Sentences(recognisable(messages), lambda text: in_figures(text, about.locale, about.of))


@pytest.fixture(scope="module")
def english() -> set[str]:
    return english_words("es")


@pytest.mark.parametrize("made", SAID)
def test_all_of_it_is_said_in_spanish(made: str, spanish: Sentences, english: set[str]) -> None:
    every = {sentence for sentence in SAID[made]() if sentence}
    assert len(every) > 5
    left = {
        sentence: spanish.said(sentence)
        for sentence in sorted(every)
        if english_left(spanish.said(sentence), english, DATA)
    }
    assert not left


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            "5 changes wait for you; 1 joined, 2 lists retired, nobody was archived",
            "5 cambios esperan su decisión; 1 nueva, 2 listas retiradas, no se archivó a nadie",
        ),
        (
            "12 of 100 students (12 %) would be archived; the limit is 10 %.",
            "Se archivarían 12 de 100 estudiantes (12 %); el límite es 10 %.",
        ),
        (
            "Clever could not give us the people: it did not answer in time (tried 3 times). "
            "Nothing was changed here; the next run tries again.",
            "Clever no pudo darnos los datos (personas): no respondió a tiempo (se intentó 3 "
            "veces). Aquí no se cambió nada; la próxima ejecución lo intenta de nuevo.",
        ),
        (
            "Run 12 was taken back: 1 archived. 2 changes were left as they are. "
            "The next syncs ask before they do it again.",
            "La ejecución 12 se deshizo: 1 archivada. 2 cambios se dejaron como están. "
            "Las próximas sincronizaciones preguntan antes de hacerlo otra vez.",
        ),
        (
            "users.csv, line 4: the sourcedId is empty. Correct it and export again.",
            "users.csv, línea 4: el sourcedId está vacío. Corríjalo y exporte de nuevo.",
        ),
        (
            "3 people have no e-mail (Ann Lee, Bob Staff, Cy and 4 more); they are rostered all "
            "the same. Fix: correct it in the student information system.",
            "3 personas tienen el correo vacío (Ann Lee, Bob Staff, Cy y 4 más); se incluyen de "
            "todos modos. Solución: corríjalo en el sistema de información estudiantil.",
        ),
    ],
)
def test_some_of_it_word_by_word(sentence: str, told: str, spanish: Sentences) -> None:
    assert spanish.said(sentence) == told

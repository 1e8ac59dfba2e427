"""The settings form: which answers it offers, and how a filled-in one becomes settings."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from werkzeug.datastructures import MultiDict

from roster_dash.language import translated
from roster_dash.roster.errors import BadInput
from roster_dash.roster.origin import CLEVER, Origin
from roster_dash.roster.records import Snapshot, Term
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import ALL, CURRENT, KEYS, SyncSettings, show_words
from roster_dash.roster.terms import is_current

_SWITCHES = {
    key
    for key, text in SyncSettings().flat().items()
    if text == "off" or key in ("schedule.enabled", "schedule.events")
}
"""Settings shown as switches: a form says nothing about one that is off."""

_CHOICES = ("class_lists.terms", "class_lists.grades", "auto_update.fields")

_LABELS = {
    "class_lists.terms": "Terms",
    "class_lists.grades": "Grades",
    "schedule.time": "The time of day",
    "notify.emails": "“Send to”",
    "notify.when": "“When”",
    "pause.until": "“Pause until”",
    "calendar": "The school calendar",
    "grace.students": "A student’s days",
    "grace.adults": "An adult’s days",
    "guard.removals.percent": "The limit of people archived at once",
    "guard.removals.people": "The limit of a small role",
    "guard.removals_7_days.percent": "The limit of 7 days",
    "guard.updates.percent": "The limit of changes",
    "guard.lists.percent": "The limit of lists",
}
"""How mistakes call a setting; the others can't be typed wrongly."""

_PARTS = {"": "sync", "auto_update": "Auto update", "archive": "Archive"}
_OTHERS = {
    "contacts": "Primary parent contact",
    "auto_update.fields": "What Auto update may change",
    "class_lists": "Class lists",
    "class_lists.terms": "Terms of class lists",
    "class_lists.grades": "Grades of class lists",
    "schedule.time": "Time of the daily sync",
    "schedule.enabled": "Daily sync",
    "schedule.events": "Changes during the day",
    "pause.until": "Pause",
    "calendar": "School calendar",
    "grace.students": "Days before a student is archived",
    "grace.adults": "Days before an adult is archived",
    "guard.removals.percent": "Limit: archived at once",
    "guard.removals.people": "Limit: of a small role",
    "guard.removals_7_days.percent": "Limit: archived within 7 days",
    "guard.updates.percent": "Limit: other names, e-mails or ids",
    "guard.lists.percent": "Limit: members leaving a list",
    "notify.emails": "Who is mailed",
    "notify.when": "When a mail is sent",
    "notify.digest": "Weekly digest",
}
FIELDS = {
    "all": "Everything",
    "names": "Names",
    "preferred_name": "Preferred name",
    "email": "E-mail",
    "grade": "Grade",
    "numbers": "SIS id and student number",
    "contact": "Parent contact",
}


def setting_label(key: str) -> str:
    """A setting as people call it: "Students: Archive"."""
    name, _, part = key.partition(".")
    role = next((role for role in Role if role.setting == name), None)
    if role is not None:
        return f"{role.label}: {_PARTS[part]}"
    return _OTHERS.get(key, key)


_GRADE_ORDER = (
    "InfantToddler",
    "Preschool",
    "PreKindergarten",
    "TransitionalKindergarten",
    "Kindergarten",
    *map(str, range(1, 14)),
    "PostGraduate",
    "Ungraded",
    "Other",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that can be ticked. `note` is small print after the label."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """What the page shows: text per setting key, what can be ticked, and what was wrong.

    `locked`: settings that the district has locked; `lockable`: it is the district's own form.
    """

    values: Mapping[str, str]
    terms: tuple[Answer, ...]
    grades: tuple[Answer, ...]
    errors: Mapping[str, str] = field(default_factory=dict)
    locked: Collection[str] = ()
    lockable: bool = False

    def fixed(self, key: str) -> bool:
        """Whether a setting is shown but can't be changed here."""
        return key in self.locked and not self.lockable

    def on(self, key: str) -> bool:
        return self.values[key] not in ("off", "")

    @property
    def limits_changed(self) -> bool:
        """Whether a limit isn't what is recommended."""
        usual = SyncSettings().flat()
        return any(self.values[key] != usual[key] for key in KEYS if key.startswith("guard."))

    @property
    def has_limit_error(self) -> bool:
        return any(key.startswith("guard.") for key in self.errors)

    def words(self, key: str) -> tuple[str, ...]:
        """The chosen terms or grades, as they were chosen."""
        try:
            words: tuple[str, ...] = KEYS[key].parse(self.values[key])
        except ValueError:  # what was typed can't be used; the form says so beside it
            return ()
        return words

    def ticks(self, key: str, answer: Answer) -> bool:
        """Whether an answer is chosen, by its id or by its name."""
        chosen = {word.casefold() for word in self.words(key)}
        return not chosen.isdisjoint((answer.value.casefold(), answer.label.casefold()))


def read_form(
    form: MultiDict[str, str], before: SyncSettings
) -> tuple[SyncSettings, dict[str, str], dict[str, str]]:
    """(the settings it asks for, what is wrong by key, its text by key).

    A setting that the form doesn't show keeps its value.
    """
    settings, errors = before, {}
    texts = before.flat() | _texts(form)
    for key, text in texts.items():
        try:
            settings = settings.changed({key: text})
        except BadInput as error:
            errors[key] = error.message.replace(key, _LABELS.get(key, key), 1)
    return settings, errors, texts


def _texts(form: MultiDict[str, str]) -> dict[str, str]:
    texts = {key: form.get(key, "off") for key in _SWITCHES}
    for key in KEYS:
        if key in _CHOICES and key in form:  # the form has a blank one of each, so "none" is said
            texts[key] = show_words(tuple(filter(None, form.getlist(key))))
        elif key in form and key not in texts:
            texts[key] = form[key]
    return texts


def offer_district(
    texts: Mapping[str, str], errors: Mapping[str, str], locked: Collection[str]
) -> SettingsForm:
    """The form of a policy: terms that mean the same in every school, and all grades."""
    form = offer(None, texts, errors)
    offered = {answer.value for answer in form.grades}
    grades = [Answer(grade, grade_label(grade)) for grade in _GRADE_ORDER if grade not in offered]
    return replace(form, grades=(*form.grades, *grades), locked=locked, lockable=True)


def offer(
    snapshot: Snapshot | None,
    texts: Mapping[str, str],
    errors: Mapping[str, str],
    today: date = date.min,
    origin: Origin = CLEVER,
) -> SettingsForm:
    """The form over the last snapshot; what was ticked before stays offered though it is gone."""
    terms = [
        Answer(CURRENT, "Current terms", "whichever are on that day"),
        Answer(ALL, "All terms", "also classes without one"),
    ]
    grades = [Answer(ALL, "All grades", "also classes without one")]
    if snapshot is not None:
        terms += [_term(term, today) for term in _newest_first(snapshot.terms)]
        grades += [Answer(grade, grade_label(grade)) for grade in _grades(snapshot)]
    form = SettingsForm(texts, tuple(terms), tuple(grades), errors)
    known = {word for term in terms for word in (term.value.casefold(), term.label.casefold())}
    gone = [
        Answer(word, word, f"not in {origin.last_answer}")
        for word in form.words("class_lists.terms")
        if word.casefold() not in known
    ]
    offered = {answer.value.casefold() for answer in grades}
    gone_grades = [
        Answer(word, grade_label(word), "no class has it now")
        for word in form.words("class_lists.grades")
        if word.casefold() not in offered
    ]
    return SettingsForm(texts, (*terms, *gone), (*grades, *gone_grades), errors)


def _newest_first(terms: tuple[Term, ...]) -> list[Term]:
    return sorted(terms, key=lambda term: (term.start or date.min, term.name), reverse=True)


def _term(term: Term, today: date) -> Answer:
    days = [f"{day.day} {day:%b %Y}" if day else "…" for day in (term.start, term.end)]
    note = " – ".join(map(translated, days)) if term.start or term.end else "no dates"
    if is_current(term, today):
        note += ", current"
    return Answer(term.source_id, term.name or "Term without a name", note)


def grades_in_order(grades: Iterable[str]) -> list[str]:
    """As children pass through them."""
    order = {grade: number for number, grade in enumerate(_GRADE_ORDER)}
    return sorted(grades, key=lambda grade: (order.get(grade, len(order)), grade))


def _grades(snapshot: Snapshot) -> list[str]:
    return grades_in_order({section.grade for section in snapshot.sections if section.grade})


def grade_label(grade: str) -> str:
    if grade.isdecimal():
        return f"Grade {grade}"
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in grade)
    return words.strip() or grade

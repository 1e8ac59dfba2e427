"""Why a person is here, missing or unchanged: the real pipeline as a checklist.

The planner has decided; this only tells its decision in words, with the first thing that stopped
it and who can change that. Nothing is said of anybody else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from roster_dash.roster.origin import Origin, capital
from roster_dash.roster.outcomes import REASONS, Outcome, PersonOutcome
from roster_dash.roster.records import KeptPerson, Person, called
from roster_dash.roster.settings import SyncSettings

SIS = "The school’s SIS office"
OWNER = "An Owner of the school, here"
NOBODY = "Nobody needs to do anything"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person. Moments are words on the school's clock.

    `ends`: how the planner would end them now; None for somebody it doesn't meet. `last_seen`: when
    the source last had them, "" if that isn't known. `elsewhere`: the district's school where they
    are. `story`: what was last done to them; `waits`: what waits about them; `rejected`: what
    somebody rejected about them.
    """

    school: str
    answered: str
    origin: Origin
    record: Person | None = None
    row: KeptPerson | None = None
    ends: PersonOutcome | None = None
    last_seen: str = ""
    elsewhere: str = ""
    story: str = ""
    waits: str = ""
    rejected: str = ""
    countdown: str = ""
    lists: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One question of the checklist. `ok` is None where the answer stops nothing."""

    question: str
    ok: bool | None
    says: str


@dataclass(frozen=True, slots=True)
class Story:
    """The answer. `fix`: who can change it, and how."""

    name: str
    person: int | None
    source_id: str
    status: str
    verdict: str
    fix: str
    steps: tuple[Step, ...]
    id_name: str

    @property
    def first_cross(self) -> Step | None:
        return next((step for step in self.steps if step.ok is False), None)


def explain(facts: Facts, settings: SyncSettings) -> Story:
    """The checklist and its sum."""
    person = facts.record or (facts.row.person if facts.row else Person(""))
    steps = tuple(_steps(facts, settings))
    verdict, fix = _sum(facts, settings, person.name)
    return Story(
        name=person.name,
        person=facts.row.id if facts.row else None,
        source_id=person.source_id,
        status=str(facts.row.status) if facts.row else "not here",
        verdict=verdict,
        fix=fix,
        steps=steps,
        id_name=facts.origin.id,
    )


def _steps(facts: Facts, settings: SyncSettings) -> Sequence[Step]:
    row = facts.row
    steps = [_in_source(facts), _at_school(facts), *_usable(facts, settings), _matched(facts)]
    if row is not None:
        says = "Yes." if row.included else "“Include in sync” was switched off for them here."
        steps.append(Step("Are they included in the sync?", row.included, says))
    steps += _notes(facts)
    is_here = row is not None and row.is_active
    says = facts.story or ("They are here." if is_here else "They were never here.")
    steps.append(Step("Are they here?", is_here, says))
    if is_here:
        lists = f"On {facts.lists:,} active {'list' if facts.lists == 1 else 'lists'}."
        steps.append(Step("On which lists?", None, lists))
    return steps


def _usable(facts: Facts, settings: SyncSettings) -> list[Step]:
    """Whether the record says enough, and its role is one that is synced."""
    record, row = facts.record, facts.row
    steps = []
    if record is not None:
        has_name = bool(record.first_name or record.middle_name or record.last_name)
        says = "It has an id and a name." if has_name else "It has no name at all."
        steps.append(Step("Can the record be used?", has_name, says))
    person = record or (row.person if row else Person(""))
    if person.source_id:
        role = settings.deciding_role(person.roles)
        theirs = f"Theirs: {', '.join(person.roles) or 'none'}."
        says = theirs if role else f"{theirs} None of these is on under Rostering."
        steps.append(Step("Is a role of theirs switched on?", role is not None, says))
    return steps


def _notes(facts: Facts) -> list[Step]:
    """What may keep a record's changes from somebody who is here."""
    reason = facts.ends.reason if facts.ends else ""
    steps = []
    if reason in ("auto_update_off", "linked", "first_run"):
        steps.append(Step("Are they updated?", None, REASONS[reason]))
    if facts.countdown:
        steps.append(Step("Are they leaving?", None, facts.countdown))
    if facts.waits:
        steps.append(Step("Does something wait for a decision?", False, facts.waits))
    if facts.rejected:
        steps.append(Step("Was a change about them rejected?", None, facts.rejected))
    return steps


def _in_source(facts: Facts) -> Step:
    question = f"Are they in {facts.origin.last_answer}?"
    if facts.record is not None:
        return Step(question, True, f"Yes, {facts.answered}.")
    if facts.row is not None and not facts.row.person.source_id:
        return Step(
            question, None, f"No: they were added here, {facts.origin.name} never had them."
        )
    seen = f" Last seen {facts.last_seen}." if facts.last_seen else ""
    return Step(question, False, f"No, not {facts.answered}.{seen}")


def _at_school(facts: Facts) -> Step:
    question = "At this school, and shared with us?"
    if facts.record is not None:
        return Step(question, True, f"Yes, at {facts.school}.")
    if facts.elsewhere:
        return Step(question, False, f"They are at {facts.elsewhere} now.")
    says = (
        f"{facts.origin.start} doesn’t say whether somebody left the school or is only not shared "
        "with us."
    )
    return Step(question, None, says)


def _matched(facts: Facts) -> Step:
    question = "Whom do they match here?"
    record, row, ends = facts.record, facts.row, facts.ends
    if ends is not None and ends.outcome is Outcome.CONFLICT:
        return Step(question, False, REASONS[ends.reason])
    if row is None:
        return Step(question, None, "Nobody; they would be added.")
    if record is None:
        return Step(question, None, f"Person {row.id} here; no record fits them now.")
    return Step(
        question, True, f"Person {row.id} here, by {how_matched(record, row.person, facts.origin)}."
    )


def how_matched(record: Person, person: Person, origin: Origin) -> str:
    """What tells that a record is somebody here: the first of the matching rule."""
    if record.source_id == person.source_id:
        return origin.id
    if record.sis_id and record.sis_id == person.sis_id:
        return "SIS id"
    if record.student_number and record.student_number == person.student_number:
        return "student number"
    return "e-mail"


def _sum(facts: Facts, settings: SyncSettings, name: str) -> tuple[str, str]:
    """(verdict, who can change it and how)."""
    record, row, ends = facts.record, facts.row, facts.ends
    reason = ends.reason if ends else ""
    is_here = row is not None and row.is_active
    if facts.waits:
        return f"{name}: a change waits for a decision.", f"{OWNER}: open the run and decide."
    if is_here and record is not None:
        return _sum_here(facts, settings, name)
    if is_here:
        return _sum_missing(facts, name)
    if record is None and row is None:
        return f"{name or 'Nobody'} is not here.", f"{SIS}, or {facts.origin.sharer}."
    if row is not None and not row.included:
        return (
            f"{name} is archived and left out of the sync.",
            f"{OWNER}: “Bring back” on their page.",
        )
    if record is None:
        return (
            f"{name} is archived: {facts.origin.name} no longer has them at {facts.school}.",
            f"{SIS}: enter them at {facts.school}; they come back with the next sync. "
            f"{capital(facts.origin.sharer)}, if they are in {facts.origin.upstream} but not "
            "shared.",
        )
    fixes = {
        "role_off": f"{OWNER}: switch their role on under Rostering.",
        "no_role": f"{SIS}: give them a role at this school.",
        "no_name": f"{SIS}: their record has no name.",
        "fits_several": f"{OWNER}: archive or correct the one who is not meant.",
        "fits_by_number_only": f"{OWNER}: correct the name or number of the one here, or {SIS}.",
        "fitted_by_several": f"{SIS}: several records have the same number.",
        "rejected": f"{OWNER}: the change was rejected; edit the person by hand if that was wrong.",
    }
    if reason in fixes:
        return f"{name} is not here. {REASONS[reason]}", fixes[reason]
    return f"{name} comes with the next sync.", f"{NOBODY}; “Sync now” does it at once."


def _sum_here(facts: Facts, settings: SyncSettings, name: str) -> tuple[str, str]:
    reason = facts.ends.reason if facts.ends else ""
    fixes = {
        "left_out": f"{OWNER}: switch “Include in sync” on, on their page.",
        "role_off": f"{OWNER}: switch their role on under Rostering.",
        "auto_update_off": f"{OWNER}: switch Auto update on for their role.",
        "linked": f"{OWNER}: switch Auto update on for their role.",
        "no_name": f"{SIS}: their record has no name.",
        "no_role": f"{SIS}: give them a role at this school.",
        "rejected": f"{OWNER}: a change was rejected; edit the person by hand if that was wrong.",
    }
    if reason in fixes:
        return f"{name} is here and stays as they are. {REASONS[reason]}", fixes[reason]
    if reason == "same":
        pinned = ", ".join(map(called, sorted(facts.row.set_here))) if facts.row else ""
        kept = f" What was set here stays: {pinned}." if pinned else ""
        return f"{name} is here, as {facts.origin.name} says.{kept}", f"{NOBODY}."
    return f"{name} is here; the next sync updates them.", f"{NOBODY}."


def _sum_missing(facts: Facts, name: str) -> tuple[str, str]:
    reason = facts.ends.reason if facts.ends else ""
    if reason == "not_from_roster":
        return f"{name} was added here; {facts.origin.name} never had them.", f"{NOBODY}."
    if facts.elsewhere:
        return f"{name} is at {facts.elsewhere} now. {REASONS.get(reason, '')}", f"{NOBODY}."
    return (
        f"{name} is still here, but {facts.origin.name} no longer has them. "
        f"{REASONS.get(reason, '')}".strip(),
        f"{SIS}, if they should be there; {_lower(OWNER)}: Keep or Archive now.",
    )


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def note_of(story: Story, asked: str, say: Callable[[str], str] = str) -> str:
    """Plain text to send on; it has nobody else's data. `say` says it in another language."""
    marks = {True: "yes", False: "NO", None: "-"}
    about = say(f"About {story.name or asked}")
    record = f"{say(story.id_name)} {story.source_id or say('unknown')}"
    lines = [
        f"{about} ({record})",
        say(story.verdict),
        *(f"[{say(marks[step.ok])}] {say(step.question)} {say(step.says)}" for step in story.steps),
        say(f"Who can change it: {story.fix}"),
    ]
    return "\n".join(lines)

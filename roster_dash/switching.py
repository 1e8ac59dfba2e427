"""A district changes its source, once that is tried and matched (new_source.py): seen, then done.

Everybody who is recognised keeps their record under a new id; all others are left to the next sync,
with its conflicts, guards and days of grace. Nobody is archived here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from hashlib import blake2b

from roster_dash import clock
from roster_dash.config import current_config
from roster_dash.connecting import Way, open_way
from roster_dash.connection import ASKED_PATIENCE_SECONDS, today_of
from roster_dash.ending import ending_of
from roster_dash.keeping import parts_kept
from roster_dash.planning import Ground, ground_of
from roster_dash.roster.doubts import refuse_empty_school
from roster_dash.roster.errors import BadInput, EmptyAnswer, RunBusy
from roster_dash.roster.operations import Entity, fingerprint
from roster_dash.roster.origin import ORIGINS
from roster_dash.roster.records import SharedSchool, Snapshot
from roster_dash.roster.report import NO_COUNTS
from roster_dash.roster.settings import SyncSettings
from roster_dash.roster.switching import Counted, Relinked, chosen_by_name, count, relink
from roster_dash.sources import Source, no_progress
from roster_dash.store import (
    glance,
    policies,
    pulls,
    rosters,
    runs,
    schools,
    settled,
    snapshots,
    switches,
)
from roster_dash.store import settings as settings_store
from roster_dash.store.runs import Ending, RunStatus
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import District, PlannedSwitch, School
from roster_dash.store.transactions import commit, committed


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the switch does to a linked school. `there` is None for one that gets unlinked.

    `message` is what the first sync after it would say.
    """

    school_id: int
    name: str
    there: SharedSchool | None
    counted: Counted | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Switch:
    """`mark` says what was seen: only that is done."""

    schools: Sequence[Foreseen]
    mark: str

    @property
    def doubtful(self) -> list[str]:
        """Schools of which hardly anybody is known in the new source."""
        return [each.name for each in self.schools if each.counted and each.counted.is_doubtful]


@dataclass(frozen=True, slots=True)
class _Part:
    """A school that goes along. `settings` are hers, without terms of the former source."""

    school: School
    snapshot: Snapshot
    settings: SyncSettings
    ground: Ground
    relinked: Relinked


def foresee(district: District, planned: PlannedSwitch) -> Switch:
    """Reads the new source whole, and says per school what would happen; writes nothing.

    Errors: SourceError; BadInput where a school there is empty.
    """
    answers = _read(district, planned)
    parts = _parts(district, planned, answers)
    return _seen(district, planned, parts)


def switch(
    district: District,
    planned: PlannedSwitch,
    *,
    user_id: int | None,
    mark: str | None = None,
    even_if_few: bool = False,
) -> Switch:
    """Reads the new source once more and, in one transaction, makes it the district's.

    `mark`: what somebody has looked at. `even_if_few`: also where hardly anybody is recognised.
    Errors: RunBusy while a school syncs; BadInput if it is not what was looked at any more.
    """
    of, district_id = _what(planned), district.id
    answers = _read(district, planned)
    step = partial(_switch, district_id, of, answers, user_id, mark, even_if_few=even_if_few)
    commit()
    done = committed(step, snapshot=False)
    for each in done.schools:
        glance.refresh(each.school_id)
        commit()
    return done


def _what(planned: PlannedSwitch) -> tuple[str, Mapping[str, str]]:
    """Which source, matched how: somebody else may begin anew while it is read."""
    return planned.clever_id, dict(planned.matches)


def _read(district: District, planned: PlannedSwitch) -> dict[int, Snapshot]:
    """School here -> what the new source says of it. Errors: SourceError."""
    secret = Vault(current_config().credentials_keys).unlock(planned.token)
    parts = parts_kept(district.id, planned.digest) if planned.source == "files" else None
    way = Way(planned.source, planned.clever_id, secret, planned.connection, parts)
    source = open_way(way, today_of(district), ASKED_PATIENCE_SECONDS)
    matches = {int(school_id): source_id for school_id, source_id in planned.matches.items()}
    commit()
    return _snapshots(source, matches)


def _snapshots(source: Source, matches: Mapping[int, str]) -> dict[int, Snapshot]:
    pulled = source.pull(list(matches.values()), no_progress)
    if pulled is not None:
        try:
            return {here: pulled.answer(there).snapshot() for here, there in matches.items()}
        finally:
            pulled.close()
    part = source.fetch_district_part(no_progress)
    return {here: source.fetch_school(there, part, no_progress) for here, there in matches.items()}


def _parts(
    district: District, planned: PlannedSwitch, answers: Mapping[int, Snapshot]
) -> list[_Part]:
    linked = {school.id: school for school in district.schools if school.unlinked_at is None}
    if gone := answers.keys() - linked.keys():
        raise BadInput(f"School {min(gone)} isn’t linked any more. Match the schools anew.")
    return [_part(linked[school_id], answers[school_id]) for school_id in sorted(answers)]


def _part(school: School, snapshot: Snapshot) -> _Part:
    latest = snapshots.latest_snapshot(school.id)
    terms = {term.source_id: term.name for term in latest[1].terms if term.name} if latest else {}
    before = settings_store.load_settings(school.id)
    settings = replace(before, class_list_terms=chosen_by_name(before, terms))
    ground = ground_of(school, settings)
    try:
        refuse_empty_school(snapshot, ground.kept)
    except EmptyAnswer:
        raise BadInput(
            f"There is nobody in {school.name} at the new source, while people of it are here. "
            "Nothing was changed. Check what is shared, or leave the school out."
        ) from None
    former = switches.former_ids(school.id)
    return _Part(
        school, snapshot, settings, ground, relink(snapshot, ground.kept, settings, former)
    )


def _seen(district: District, planned: PlannedSwitch, parts: Sequence[_Part]) -> Switch:
    names, digest = dict(planned.schools), blake2b(digest_size=16)
    digest.update(repr(sorted(planned.matches.items())).encode())
    found = []
    going = {part.school.id: part for part in parts}
    for school in sorted(district.schools, key=lambda school: (school.name, school.id)):
        part = going.get(school.id)
        if school.unlinked_at is not None:
            continue
        if part is None:
            found.append(Foreseen(school.id, school.name, None))
            continue
        kept = replace(part.relinked.kept, origin=ORIGINS[planned.source])
        after = replace(part.ground, kept=kept).plan(part.snapshot)
        for operation in part.relinked.operations:
            digest.update(fingerprint(operation).encode())
        there = planned.matches[str(school.id)]
        counted = count(part.relinked, part.snapshot, after, part.settings)
        digest.update(repr(asdict(counted)).encode())
        shared = SharedSchool(there, names[there])
        message = ending_of(after).message
        found.append(Foreseen(school.id, school.name, shared, counted, message))
    return Switch(found, digest.hexdigest())


def _switch(
    district_id: int,
    of: tuple[str, Mapping[str, str]],
    answers: Mapping[int, Snapshot],
    user_id: int | None,
    mark: str | None,
    *,
    even_if_few: bool,
) -> Switch:
    schools.lock_schools_of(district_id)  # no run begins before this is over
    district = schools.get_district(district_id)
    assert district is not None
    if running := runs.running_in(district_id):
        raise RunBusy(
            f"{running[0].school.name} is being synced. Nothing was changed; try again when run "
            f"{running[0].id} is over."
        )
    planned = switches.planned(district_id)
    if planned is None or _what(planned) != of:
        raise BadInput("What was tried isn’t kept any more, or has changed. Begin anew.")
    parts = _parts(district, planned, answers)
    seen = _seen(district, planned, parts)
    _must_be_certain(planned, parts, seen, mark, even_if_few=even_if_few)
    before = district.source
    for part in parts:
        _become(part, planned, before, user_id)
    for school in district.schools:
        if school.unlinked_at is None and school.id not in answers:
            schools.unlink_school(school)
    totals = [each.counted for each in seen.schools if each.counted]
    counts = {
        "schools": len(parts),
        "unlinked": len(seen.schools) - len(parts),
        "recognised": sum(each.recognised for each in totals),
        "lists": sum(each.lists for each in totals),
    }
    switches.become(district, planned, counts)
    return seen


def _must_be_certain(
    planned: PlannedSwitch,
    parts: Sequence[_Part],
    seen: Switch,
    mark: str | None,
    *,
    even_if_few: bool,
) -> None:
    if mark is not None and mark != seen.mark:
        raise BadInput(
            "The new source, or the people here, have changed since you looked. Nothing was "
            "changed; look once more at what would happen."
        )
    if seen.doubtful and not even_if_few:
        raise BadInput(
            f"Hardly anybody of {seen.doubtful[0]} is known in the new source: it may be another "
            "school. Nothing was changed. Match the schools anew, or say that you want it all the "
            "same."
        )
    here = [part.school.id for part in parts]
    if other := switches.taken_by(planned.matches.values(), here):
        raise BadInput(
            f"{other.name} was linked to one of these schools before. Leave that school out, and "
            "link it when the source is changed."
        )


def _become(part: _Part, planned: PlannedSwitch, before: str, user_id: int | None) -> None:
    """The school goes over: its id, its people's and lists' ids, as a run that is over at once."""
    school, operations, now = part.school, part.relinked.operations, clock.now()
    counts = {name: dict(each) for name, each in NO_COUNTS.items()}
    for operation in operations:
        counts["people" if operation.entity is Entity.PERSON else "lists"]["updated"] += 1
    message = (
        f"The district’s roster comes from {ORIGINS[planned.source].title} now, no longer from "
        f"{ORIGINS[before].title}: {counts['people']['updated']:,} people and "
        f"{counts['lists']['updated']:,} lists were recognised there."
    )
    run = runs.add_switch(school, user_id, Ending(RunStatus.SUCCEEDED, message, counts=counts), now)
    rosters.apply_operations(school.id, {"run_id": run.id}, operations)
    run.snapshot_id = snapshots.save_snapshot(school.id, part.snapshot, now).id
    school.clever_id = planned.matches[str(school.id)]
    if part.settings != settings_store.load_settings(school.id) and not _is_locked(school):
        settings_store.save_settings(school, part.settings, user_id)
    pulls.forget(school.id)
    settled.note_change(school.id)


def _is_locked(school: School) -> bool:
    """A district's terms are the same for all its schools: names, and no ids."""
    version = policies.latest_version(school.district_id)
    return version is not None and "class_lists.terms" in version.locked

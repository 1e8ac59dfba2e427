"""A district whose schools are in every state there is, and others in trouble."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import select

from roster_dash import approval, broker, clock, jobs, revert, together
from roster_dash.config import current_config
from roster_dash.extensions import db
from roster_dash.roster.records import Person, Section, Term
from roster_dash.roster.roles import Role
from roster_dash.store import edits, glance, holds, mails, policies, tokens, webhooks
from roster_dash.store.tables import District, ListRow, PersonRow, Run, School, User
from roster_dash.store.transactions import commit
from tests.builders import (
    Builder,
    a_contact,
    a_section,
    a_snapshot,
    a_student,
    a_teacher,
    some_settings,
)
from tests.clever import Clever

OWNER, MANAGER, SPECIALIST = "alice@school.example", "bob@district.example", "sue@operator.example"
STRICT_MANAGER, CALM_MANAGER = "carla@strict.example", "dora@calm.example"

UNBROKEN = "Wolfeschlegelsteinhausenbergerdorff" * 2
LONG_SCHOOL = (
    "The Riverdale Academy for the Advancement of Mathematics, Science, Technology, Performing "
    "Arts and International Relations at Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
)
LONG_MAIL = f"{'maximiliane.featherstonehaugh.' * 2}x@{'department.' * 6}riverdale.example"
NAMES = [
    ("Maximiliane Theodora Alexandrina", UNBROKEN),
    ("محمد عبد الرحمن", "الأنصاري"),
    ("שָׁלוֹם", "בֶּן־דָּוִד"),
    ("Z̵͔̟͊̈́ä̷̰́l̸̠͝g̶̱̽o̷̢͐", "N̈gũgĩ wa Thiong’o"),
    ("สมชายใจดีมีสุขสวัสดิ์รุ่งเรือง", "ศรีสุวรรณภูมิพัฒนาการ"),
    ("孙", "欧阳"),
    ("Jean-François", "de la Rochefoucauld d’Enville-Montmorency"),
    ("X", "Y"),
]
"""Long without a break, from right to left, combining, without spaces, and of one letter."""

TERMS = [Term("term-1", "Fall"), Term("term-2", "The second semester of the extended school year")]
FIRM = {
    "students__archive": "on",
    "teachers__auto_update": "on",
    "teachers__archive": "on",
    "staff": "on",
    "staff__auto_update": "on",
}

FAILURES = {
    "source": "Clever could not give us the people: it has a fault of its own (status 503) (tried "
    "5 times). Nothing was changed here; the next run tries again.",
    "not_approved": "Clever has no token for this district: it has not approved Roster Dash. The "
    "district’s Clever admin can approve it and share the schools.",
    "not_shared": "Clever doesn’t let us read the classes. Nothing was changed here. The "
    "district’s Clever admin must share them with Roster Dash.",
    "access_refused": "Clever refuses our access token. Nothing was changed here. Somebody must "
    "check that the district still has Roster Dash approved, or connect it again.",
    "empty_answer": "The roster answered, but with nobody in it, while 1,204 synced people are "
    "here. Nothing was changed. Check in Clever that this school is still shared with us.",
    "unforeseen": "Something unforeseen went wrong inside Roster Dash. Nothing was changed. The "
    "next run tries again; if it fails too, tell whoever runs this server.",
}
"""Error code -> a message of that kind."""


def pupils(prefix: str, number: int, **values: Any) -> list[Person]:
    return [a_student(f"{prefix}-{index}", **values) for index in range(number)]


class Town:
    """`at`: names in addresses -> ids. Alice owns every school here, Bob manages the district."""

    def __init__(self, make: Builder, clever: Clever) -> None:
        self.make, self.at = make, dict[str, object]()
        token = clever.district.token
        self.district: District = make.district("Riverdale USD", clever.district.id, token)
        self.manager = make.manager(self.district, MANAGER)
        self.specialist = make.specialist(SPECIALIST)
        self._clever_ids = [school.id for school in clever.schools]
        first = self.school("first", "Lincoln High", self._clever_ids[0])
        self.owner: User = make.owner(first, email=OWNER)
        self.at["district"] = self.district.id
        self.at["today"] = datetime.now(ZoneInfo(first.timezone)).date()

    def school(
        self, key: str, name: str = "", clever_id: str = "", district: District | None = None
    ) -> School:
        name = name or f"{key.capitalize()} School"
        school = self.make.school(district or self.district, name, clever_id)
        if hasattr(self, "owner"):
            self.owner.schools.append(school)
        self.at[key] = school.id
        commit()
        return school

    def synced(
        self,
        key: str,
        people: Sequence[Person],
        sections: Sequence[Section] = (),
        **settings: str,
    ) -> Run:
        """The school of a key, made if there is none, follows a roster; its run is key_run."""
        school = db.session.get(School, self.at.get(key, 0)) or self.school(key)
        self.make.settings(school, students="on", teachers="on", **settings)
        snapshot = a_snapshot(people, sections, TERMS)
        run = self.make.synced(school, snapshot, **settings)
        self.at[f"{key}_run"] = run.id
        return run

    def with_run(self, key: str, status: str, **values: Any) -> Run:
        """A school with settings, and a run that is as it is said to be."""
        school = db.session.get(School, self.at.get(key, 0)) or self.school(key)
        self.make.settings(school, students="on")
        run = self.make.run(school, status, **values)
        self.at[f"{key}_run"] = run.id
        return run

    def person(self, key: str, source_id: str) -> PersonRow:
        """Somebody of a school; key_person in addresses."""
        query = select(PersonRow).filter_by(school_id=self.at[key], source_id=source_id)
        row = db.session.scalars(query).one()
        self.at[f"{key}_person"] = row.id
        return row

    def looked_at(self) -> None:
        """What the district's page shows of each school is counted."""
        for school_id in db.session.scalars(select(School.id)).all():
            with suppress(ZoneInfoNotFoundError):  # of a school that is made to break its pages
                glance.refresh(school_id)
            commit()


def at_work(run: Run, **progress: Any) -> None:
    """The queue knows how far a run is."""
    jobs.enqueue_run(run.id)
    connection = broker.connect(current_config())
    job = Job.fetch(f"run-{run.id}", connection=connection, serializer=JSONSerializer)
    job.meta["progress"] = {"phase": "fetching", "pages": 0, "done": 0, "total": 0} | progress
    job.save_meta()
    connection.close()


def add_runs(town: Town) -> None:
    """A school for each state of a run."""
    town.with_run("queued", "queued")
    at_work(town.with_run("reading", "running", phase="fetching"), pages=3, done=28_412)
    writing = town.with_run("writing", "running", phase="applying")
    at_work(writing, phase="applying", done=1_200, total=3_456)
    town.with_run("cancelling", "running", cancel_requested=True)
    cancelled = "Cancelled while it was at work; nothing was changed."
    town.with_run("cancelled", "cancelled", message=cancelled, error="cancelled")
    for code, message in FAILURES.items():
        town.with_run("failed", "failed", message=message, error=code)
    _add_finished_runs(town)
    _add_decided_runs(town)


def _add_finished_runs(town: Town) -> None:
    few = pupils("quiet", 3)
    town.synced("quiet", few)
    town.synced("quiet", few)
    many, teacher = pupils("many", 60, contact=a_contact()), a_teacher("many-t")
    ids = tuple(each.source_id for each in many)
    lists = [a_section("many-c", students=ids[:30], teachers=("many-t",))]
    town.synced("many", [*many[:40], teacher], lists, **FIRM)
    renamed = [replace(each, last_name=UNBROKEN, grade="10") for each in many[:9]]
    run = town.synced("many", [*renamed, *many[9:37], *many[40:], teacher], lists, **FIRM)
    for index, state in enumerate(("sent", "failed", "due")):
        (mail_id,) = mails.add_mails(run.id, "run_result", [f"{index}.{LONG_MAIL}"])
        if state == "sent":
            mails.mark_sent(mail_id)
        elif state == "failed":
            mails.mark_unsent(mail_id, "The mail server refuses the address.")
    run.warnings = [
        "1 class membership is of somebody who is not among the people here; it was left out. Fix: "
        "switch their role on, or ask the district’s Clever admin to share them.",
        f"2 people have the same e-mail ({LONG_MAIL}). Fix: correct it.",
        "1 class has 0 students in the roster.",
        "12 people have no e-mail.",
    ]
    nameless = a_student("odd-1", first_name="", last_name="", email="")
    town.synced("odd", [*pupils("odd-x", 2), nameless], [a_section("odd-c")])


def _add_decided_runs(town: Town) -> None:
    for key in ("held", "partly", "taken"):
        people, teacher = pupils(key, 40), a_teacher(f"{key}-t")
        ids = tuple(each.source_id for each in people)
        lists = [a_section(f"{key}-c", students=ids[:12], teachers=(teacher.source_id,))]
        town.synced(key, [*people, teacher], lists, **FIRM)
        risen = replace(people[0], roles=(Role.STAFF,), last_name=UNBROKEN)
        others = [replace(each, email=f"new.{each.email}") for each in people[1:28]]
        fewer = [replace(lists[0], students=ids[:2])]
        run = town.synced(key, [risen, *others, teacher], fewer, **FIRM)
        assert run.status == "held", run.message
        if key == "partly":
            waiting = [row.id for row in holds.holds_of(run)]
            approval.approve(run.id, user_id=town.owner.id, only=waiting[:3])
            note = "They are on an exchange until spring; see the mail of the office of 3 November."
            approval.reject(run.id, user_id=town.owner.id, only=waiting[3:5], note=note)
    taken = town.synced("reverted", pupils("reverted", 12), **FIRM)
    done = revert.revert(taken.id, user_id=town.owner.id)
    town.at["revert_run"] = done.run.id


def add_people(town: Town) -> None:
    """Schools with nobody, three people, three thousand of whom some have odd names; and people in
    each state."""
    town.school("empty")
    town.synced("three", pupils("three", 3))
    odd = [
        a_student(f"odd-{index}", first_name=first, last_name=last, email=f"{index}.{LONG_MAIL}")
        for index, (first, last) in enumerate(NAMES)
    ]
    everybody, teacher = [*odd, *pupils("crowd", 2_980)], a_teacher("crowd-t", last_name=UNBROKEN)
    ids = tuple(each.source_id for each in everybody)
    title = f"Advanced placement {UNBROKEN} - {UNBROKEN} - Period 1"
    lists = [a_section("crowd-0", name=title, students=ids[:60], teachers=("crowd-t",), period="1")]
    for number in range(1, 60):
        few = ids[number : number + 2]
        lists.append(a_section(f"crowd-{number}", students=few, term_id="term-2"))
    town.school("crowd", LONG_SCHOOL)
    town.synced("crowd", [*everybody, teacher], lists, students__archive="on")
    person = town.person("crowd", "odd-0")
    edits.edit_person(person, {"email": LONG_MAIL}, town.owner.id)
    school_id = town.at["crowd"]
    row = db.session.scalars(
        select(ListRow).filter_by(school_id=school_id, source_id="crowd-0")
    ).one()
    edits.put_on_list(row, "managers", person, town.owner.id)
    town.at["crowd_list"] = row.id
    commit()
    _add_leavers(town)


def _add_leavers(town: Town) -> None:
    people = pupils("leaving", 40)
    waits = {"grace__students": "3", "students__archive": "on"}
    town.synced("leaving", people, **waits)
    town.synced("leaving", people[3:], **waits)
    for number, key in enumerate(("stays", "left_out", "archived", "leaves")):
        source_id = f"leaving-{(0, 10, 11, 1)[number]}"
        query = select(PersonRow).filter_by(school_id=town.at["leaving"], source_id=source_id)
        row = db.session.scalars(query).one()
        town.at[key] = row.id
        if key == "stays":
            edits.let_stay(row, clock.now().date() + timedelta(20), town.owner.id)
        elif key == "left_out":
            edits.include_person(row, False, town.owner.id)
        elif key == "archived":
            edits.archive_person(row, town.owner.id)
        commit()


def add_troubles(town: Town) -> None:
    """Districts whose source is away, or refuses us; schools that are stale, or not linked."""
    now, make = datetime.now(UTC), town.make
    away = make.district("Far Away USD", "away", "token")
    away.outage_since, away.retry_at = now - timedelta(hours=3), now + timedelta(minutes=9)
    away.outage_attempts = 6
    waits = town.school("away", "Away School", district=away)
    town.at["away_district"] = away.id
    make.settings(waits, students="on")
    run = make.run(waits, "queued")
    run.trigger, town.at["away_run"] = "schedule", run.id
    run = town.synced("stale", pupils("stale", 3), schedule__enabled="on")
    run.finished_at = run.school.missed_since = now - timedelta(days=4)
    town.synced("unlinked", pupils("unlinked", 3))
    unlinked = db.session.get_one(School, town.at["unlinked"])
    unlinked.unlinked_at, unlinked.next_due_at = now, None
    broken = make.district("Broken USD", "broken", "token")
    mars = make.school(broken, "Mars High")
    mars.timezone, town.at["broken"] = "Mars/Olympus_Mons", mars.id
    gone = make.district("Gone USD", "gone", "token")
    gone.disconnected_at, town.at["gone_district"] = now, gone.id
    commit()


def add_policy(town: Town) -> None:
    """A district that has locked some settings, and a school that differs in others."""
    strict = town.make.district("Strict USD", "strict", "token")
    town.make.manager(strict, STRICT_MANAGER)
    school = town.school("strict", "Strict High", district=strict)
    town.synced("strict", pupils("strict", 5), grace__students="5")
    for number in range(12):
        other = town.school(f"strict-{number}", f"Strict Elementary {number}", district=strict)
        town.make.settings(other, students="on", students__archive="on")
    values = some_settings(teachers="on", students="on", class_lists="on")
    locked = ["students", "students.archive", "class_lists", "class_lists.terms", "grace.adults"]
    policies.save_policy(strict.id, values, locked, None)
    together.spread_policy(strict.id)
    town.at["strict_district"] = strict.id
    tokens.make_token(school, "Library", ["people:read"], 30, town.owner.id)
    hook = ("https://hooks.library.example/" + "roster/updates/" * 8, b"locked", ["run.held"])
    webhooks.add_webhook(school, *hook, town.owner.id)
    commit()


def add_a_calm_district(make: Builder) -> int:
    """One with so many schools that they take two pages, nothing of which has begun."""
    calm = make.district("Calm USD", "calm", "token")
    calm_id = calm.id
    for number in range(52):
        make.school(calm, f"Calm Elementary {number}")
    make.manager(calm, CALM_MANAGER)
    commit()
    return calm_id

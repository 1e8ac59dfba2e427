"""Two districts, each with a school in full use: for tests that walk every route and form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from roster_dash import together
from roster_dash.connecting import connect_files
from roster_dash.extensions import db
from roster_dash.roster.records import Term
from roster_dash.sources.oneroster.files import dump
from roster_dash.store import (
    accepted,
    edits,
    invitations,
    policies,
    requests,
    switches,
    tokens,
    webhooks,
)
from roster_dash.store.accounts import AccountRole
from roster_dash.store.tables import (
    AccountLink,
    ApiToken,
    District,
    HoldRow,
    ListRow,
    PersonRow,
    Run,
    School,
    SetupRequest,
    User,
    WebhookDelivery,
)
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher, some_settings
from tests.clever import Clever
from tests.csv_zips import SCHOOL
from tests.visitor import Visitor

_REQUEST = {
    "district_name": "Riverdale",
    "school_name": "Lincoln High",
    "contact_name": "Ann Admin",
    "contact_email": "ann@district.example",
    "sis": "PowerSchool",
}
_NOWHERE = {
    "url": "https://127.0.0.1:9/ims",
    "version": "1.2",
    "auth": "bearer",
    "key": "",
    "token_url": "",
}
_UNWATCHED = ("audit_entries", "login_sessions", "login_attempts", "beats")


@dataclass(frozen=True, slots=True)
class Tenant:
    """A district with a school: people, a class list, a run whose changes wait, a request.

    Somebody is leaving, somebody has a field set here, somebody was put on the list by hand.
    `busy` is another school, with a run that waits for a worker.
    """

    district: District
    school: School
    owner: User
    manager: User
    run: Run
    person: PersonRow
    list: ListRow
    hold: HoldRow
    request: SetupRequest
    busy: School
    invitation: AccountLink
    token: ApiToken
    delivery: WebhookDelivery

    def values(self) -> dict[str, object]:
        """For the arguments of addresses."""
        return {
            "district_id": self.district.id,
            "school_id": self.school.id,
            "run_id": self.run.id,
            "person_id": self.person.id,
            "list_id": self.list.id,
            "request_id": self.request.id,
            "user_id": self.owner.id,
            "link_id": self.invitation.id,
            "token_id": self.token.id,
            "webhook_id": self.delivery.webhook_id,
            "delivery_id": self.delivery.id,
            "number": 1,
            "entity": "person",
            "action": "create",
            "what": "keep",
            "side": "members",
            "field": "email",
            "filename": "app.css",
            "token": "forged",
            "collection": "users",
            "sourced_id": "nobody",
            "part": "classes",
            "school": "no-school",
            "class_part": "students",
            "guide": "owner",
            "picture": "held.png",
        }


@dataclass(frozen=True, slots=True)
class World:
    here: Tenant
    elsewhere: Tenant
    specialist: User

    def actors(self) -> dict[str, User]:
        return {
            "owner": self.here.owner,
            "manager": self.here.manager,
            "specialist": self.specialist,
            "owner of another school": self.elsewhere.owner,
            "manager of another district": self.elsewhere.manager,
        }


def build_world(make: Builder, clever: Clever, source: str = "clever") -> World:
    """`here` is connected to the sandbox Clever, so that what asks Clever gets an answer. A third
    district sends files, one of which waits; `here` has tried to become one like that. `source`:
    of which kind that of `here` is instead; what asks it is told that it can't be reached."""
    shared, token = clever.schools[0], clever.district.token
    district = make.district("Here USD", clever.district.id, token)
    if source != "clever":
        district.source, district.connection = source, _NOWHERE
    here = _tenant(make, "Here", district, shared.id)
    elsewhere = _tenant(make, "Elsewhere", make.district("Elsewhere USD"), "")
    world = World(here, elsewhere, make.specialist())
    sends = connect_files("Files USD")
    roster, moment = dump(SCHOOL), datetime.now(UTC)
    new = accepted.NewRoster(accepted.new_digest(), roster)
    accepted.lay_aside(sends, new, ["odd, but clear"], None, world.specialist.id, moment)
    way = {"source": "files", "clever_id": "or1", "token": None, "connection": {}}
    there = [("or1.school-1", "Lincoln High")]
    matches = {here.school.id: "or1.school-1"}
    sent = accepted.NewRoster(accepted.new_digest(), roster)
    switches.plan_switch(here.district, way, sent, there, matches, world.specialist.id)
    commit()
    return world


def _tenant(make: Builder, name: str, district: District, clever_id: str) -> Tenant:
    school = make.school(district, f"{name} High", clever_id)
    slug = name.casefold()
    owner = make.owner(school, email=f"owner@{slug}.example")
    manager = make.manager(district, email=f"manager@{slug}.example")
    students = [a_student(f"{slug}-{number}", grade="9") for number in range(8)]
    teacher = a_teacher(f"{slug}-teacher")
    ids = tuple(student.source_id for student in students)
    section = a_section(f"{slug}-bio", students=ids, teachers=(teacher.source_id,))
    terms = [Term("term-1", "Fall")]
    make.settings(school, teachers="on")
    make.settings(school, students="on", students__archive="on")
    make.synced(school, a_snapshot([*students, teacher], [section], terms))
    few = a_section(f"{slug}-bio", students=ids[:3], teachers=(teacher.source_id,))
    less = a_snapshot([*students[:-1], teacher], [few], terms)
    run = make.synced(school, less, students__archive="on", grace__students="3")
    assert run.status == "held"
    person, row = _first(PersonRow, school), _first(ListRow, school)
    edits.edit_person(person, {"email": f"set-here@{slug}.example"}, owner.id)
    edits.put_on_list(row, "managers", person, owner.id)
    requests.add_request(_REQUEST, owner)
    request = requests.add_request(_REQUEST, owner)
    requests.link(request, school)
    policies.save_policy(district.id, some_settings(students="on"), (), manager.id)
    together.spread_policy(district.id)
    tokens.make_token(school, "Library", ["people:read"], 30, owner.id)
    hook = webhooks.add_webhook(
        school, "https://hooks.example/x", b"locked", ["run.held"], owner.id
    )
    [delivery_id] = webhooks.add_deliveries(run)
    delivery = webhooks.get_delivery(delivery_id)
    assert delivery is not None
    assert delivery.webhook is hook
    busy = make.school(district, f"{name} Middle")
    owner.schools.append(busy)
    gone = make.owner(busy, email=f"gone@{slug}.example")
    gone.disabled_at, gone.totp_key = datetime.now(UTC), b"a key"
    make.run(busy, "queued")
    return Tenant(
        district,
        school,
        owner,
        manager,
        run,
        person,
        row,
        _first(HoldRow, school),
        request,
        busy,
        invitations.invite(owner, f"new@{slug}.example", AccountRole.OWNER, owned=[school]),
        _first(ApiToken, school),
        delivery,
    )


def _first(table: type, school: School) -> object:
    query = select(table).where(table.school_id == school.id)  # type: ignore[attr-defined]
    return db.session.scalars(query.order_by(table.id)).first()  # type: ignore[attr-defined]


def state_of_database() -> Mapping[str, str]:
    """Table -> digest of its rows; whatever is changed changes it. Log-ins are left out."""
    commit()
    found = {
        name: sha256(
            "\n".join(
                sorted(repr(tuple(row)) for row in db.session.execute(select(table)))
            ).encode()
        ).hexdigest()
        for name, table in db.metadata.tables.items()
        if name not in _UNWATCHED
    }
    commit()
    return found


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every (rule, method) of the application."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule)):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def path_of(rule: Rule, values: Mapping[str, object]) -> str:
    missing = rule.arguments - set(values)
    assert not missing, f"{rule.rule}: say in tests/web/world.py what {missing} may be"
    built = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)
    assert built is not None, rule.rule
    return built[1]


def visitors(app: Flask, world: World) -> dict[str, Visitor]:
    """Everybody who may log in, logged in; and nobody."""
    found = {"anonymous": Visitor(app)}
    for name, user in world.actors().items():
        found[name] = Visitor(app)
        assert found[name].log_in(user).status_code == 303
    return found

"""Setting up: the database, accounts, districts, schools and their settings."""

import secrets
import sys

import click
from flask_migrate import upgrade

from roster_dash import jobs, linking
from roster_dash.cli.output import answers, tell
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.connecting import AUTHS, VERSIONS, connect_clever, connect_oneroster
from roster_dash.connection import open_source
from roster_dash.roster.errors import BadInput, UnknownThing
from roster_dash.store import accounts, runs, schools, second_factor
from roster_dash.store import settings as settings_store
from roster_dash.store.accounts import AccountRole
from roster_dash.store.transactions import commit


@click.command("init", help="Migrate the database to head.")
@answers
def init(as_json: bool) -> None:
    upgrade(directory=MIGRATIONS)
    tell({"database": "head"}, ["The database is up to date."], wants_json=as_json)


@click.command("create-user", help="Make an account.")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice([role.value for role in AccountRole]))
@click.option("--school", "school_refs", multiple=True, help="A school the Owner owns.")
@click.option("--district", "district_ref", help="The District Manager's district.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@answers
def create_user(
    email: str,
    role: str,
    school_refs: tuple[str, ...],
    district_ref: str | None,
    password_stdin: bool,
    as_json: bool,
) -> None:
    password = _secret_from_stdin() if password_stdin else secrets.token_urlsafe(12)
    user = accounts.create_user(
        email,
        password,
        AccountRole(role),
        schools=list(dict.fromkeys(map(schools.find_school, school_refs))),
        district=schools.find_district(district_ref) if district_ref else None,
    )
    commit()
    document = {"user": user.id, "email": user.email, "role": user.role}
    lines = [f"Account {user.email} made ({user.role})."]
    if not password_stdin:
        document["password"] = password
        lines.append(f"Password: {password}")
    tell(document, lines, wants_json=as_json)


@click.command("second-factor-off", help="Switch an account's second factor off: a lost phone.")
@click.argument("email")
@answers
def second_factor_off(email: str, as_json: bool) -> None:
    user = accounts.user_of(email)
    if user is None:
        raise UnknownThing(f"There is no account “{email}”.")
    second_factor.switch_off(user)
    commit()
    lines = [f"{user.email} logs in without a second factor now."]
    tell({"user": user.id, "email": user.email}, lines, wants_json=as_json)


@click.command("connect-district", help="Connect a district, by its id and token in Clever.")
@click.argument("name")
@click.option("--clever-id", required=True, help="The district's id in Clever.")
@click.option("--token-stdin", is_flag=True, help="Read its token from standard input.")
@answers
def connect_district(name: str, clever_id: str, token_stdin: bool, as_json: bool) -> None:
    district = connect_clever(name, clever_id, _secret_from_stdin() if token_stdin else "")
    lines = [f"District {district.id} connected: {district.name}."]
    tell({"district": district.id}, lines, wants_json=as_json)


@click.command("connect-oneroster", help="Connect a district to a OneRoster provider.")
@click.argument("name")
@click.option("--url", required=True, help="The address of its collections, as the vendor says.")
@click.option("--version", type=click.Choice(VERSIONS), default=VERSIONS[0], show_default=True)
@click.option("--auth", type=click.Choice(list(AUTHS)), default="oauth2", show_default=True)
@click.option("--key", default="", help="The client id, or the consumer key.")
@click.option("--token-url", default="", help="Where OAuth 2 gives tokens.")
@click.option("--district", "district_ref", help="Renew the way to a district that is connected.")
@click.option("--secret-stdin", is_flag=True, required=True, help="Read the secret from there.")
@answers
def connect_provider(
    name: str,
    url: str,
    version: str,
    auth: str,
    key: str,
    token_url: str,
    district_ref: str | None,
    secret_stdin: bool,
    as_json: bool,
) -> None:
    typed = {"url": url, "version": version, "auth": auth, "key": key, "token_url": token_url}
    renewed = schools.find_district(district_ref) if district_ref else None
    district = connect_oneroster(name, typed, _secret_from_stdin(), renewed)
    lines = [f"District {district.id} connected: {district.name}."]
    document = {"district": district.id, "clever_id": district.clever_id}
    tell(document, lines, wants_json=as_json)


@click.command("schools", help="What a district shares, linked or not.")
@click.argument("district_ref", metavar="DISTRICT")
@answers
def list_schools(district_ref: str, as_json: bool) -> None:
    district = schools.find_district(district_ref)
    linked = schools.linked_clever_ids(district)
    rows = [
        {
            "clever_id": shared.source_id,
            "name": shared.name,
            "linked": shared.source_id in linked,
            "school": linked.get(shared.source_id),
        }
        for shared in open_source(district).schools()
    ]
    lines = [
        f"{row['clever_id']}  {row['name']}  "
        + (f"linked as school {row['school']}" if row["linked"] else "not linked")
        for row in rows
    ]
    tell(
        rows,
        lines or [f"{district.origin.start} shares no school of this district yet."],
        wants_json=as_json,
    )


@click.command("link-school", help="Link a shared school.")
@click.argument("district_ref", metavar="DISTRICT")
@click.argument("clever_school_id")
@click.option("--timezone", help=f"The school's clock; {schools.DEFAULT_TIMEZONE} at first.")
@answers
def link_school(
    district_ref: str, clever_school_id: str, timezone: str | None, as_json: bool
) -> None:
    district = schools.find_district(district_ref)
    shared = open_source(district).school(clever_school_id)
    [school_id] = linking.link(district.id, [shared], timezone)
    has_settings = settings_store.latest_version(school_id) is not None
    when = "Its settings hold." if has_settings else "Nothing is synced until settings say so."
    lines = [f"School {school_id} linked: {shared.name}. {when}"]
    tell({"school": school_id}, lines, wants_json=as_json)


@click.command("settings", help="Show a school's settings, or save some as a new version.")
@click.argument("school_ref", metavar="SCHOOL")
@click.argument("pairs", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--sync", "and_sync", is_flag=True, help="Enqueue a sync after saving.")
@answers
def settings(school_ref: str, pairs: tuple[str, ...], and_sync: bool, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    if pairs:
        schools.lock_school(school.id)
        wanted = settings_store.load_settings(school.id).changed(parse_pairs(pairs))
        settings_store.save_settings(school, wanted, None)
    run = runs.request_run(school.id, runs.Trigger.SETTINGS) if and_sync else None
    commit()
    if run is not None:
        jobs.enqueue_run(run.id, first=True)
    version = settings_store.latest_version(school.id)
    flat = settings_store.load_settings(school.id).flat()
    document = {
        "school": school.id,
        "version": version.number if version else 0,
        "settings": flat,
    }
    if run is not None:
        document["run"] = run.id
    tell(document, [f"{key}={value}" for key, value in flat.items()], wants_json=as_json)


def parse_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE words as a dict. Errors: BadInput."""
    changes = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"“{pair}” is not KEY=VALUE; say students=on, for example.")
        changes[key.strip()] = value.strip()
    return changes


def _secret_from_stdin() -> str:
    secret = sys.stdin.read().strip()
    if not secret:
        raise BadInput("Standard input had nothing in it; the secret was expected there.")
    return secret


COMMANDS = (
    init,
    create_user,
    second_factor_off,
    connect_district,
    connect_provider,
    list_schools,
    link_school,
    settings,
)

"""Changing a district's source: people and lists that the new one knows keep their records."""

import sys
from pathlib import Path

import click

from roster_dash import new_source, switching
from roster_dash.cli.output import answers, tell
from roster_dash.connecting import AUTHS, VERSIONS
from roster_dash.roster.errors import BadInput
from roster_dash.roster.origin import ORIGINS
from roster_dash.store import schools
from roster_dash.store.tables import District, PlannedSwitch
from roster_dash.switching import Foreseen, Switch

_COUNTS = ("recognised", "new", "missing", "ambiguous", "lists", "all_lists")
_ZIP = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("switch-source", help="Change a district's source; say first what would happen.")
@click.argument("district_ref", metavar="DISTRICT")
@click.option("--to", required=True, type=click.Choice(list(ORIGINS)))
@click.option("--clever-id", default="", help="To clever: the district's id there.")
@click.option("--url", default="", help="To oneroster: as for connect-oneroster.")
@click.option("--version", type=click.Choice(VERSIONS), default=VERSIONS[0], show_default=True)
@click.option("--auth", type=click.Choice(list(AUTHS)), default="oauth2", show_default=True)
@click.option("--key", default="", help="The client id, or the consumer key.")
@click.option("--token-url", default="", help="Where OAuth 2 gives tokens.")
@click.option("--zip", "zipped", type=_ZIP, help="To files: all there is, exported.")
@click.option(
    "--secret-stdin", is_flag=True, help="Read the secret, or Clever's token, from there."
)
@click.option("--match", "pairs", multiple=True, help="SCHOOL=ID there; SCHOOL= leaves it out.")
@click.option("--even-if-few", is_flag=True, help="Also where hardly anybody is recognised.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@answers
def switch_source(
    district_ref: str,
    to: str,
    clever_id: str,
    url: str,
    version: str,
    auth: str,
    key: str,
    token_url: str,
    zipped: Path | None,
    secret_stdin: bool,
    pairs: tuple[str, ...],
    even_if_few: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    district = schools.find_district(district_ref)
    typed = {"url": url, "version": version, "auth": auth, "key": key, "token_url": token_url}
    secret = sys.stdin.read().strip() if secret_stdin else ""
    if to == "files":
        if zipped is None:
            raise BadInput("Say which zip holds the district’s files: --zip PATH.")
        planned = new_source.try_files(district, zipped, None)
    else:
        planned = new_source.try_source(
            district, to, typed | {"clever_id": clever_id}, secret, None
        )
    try:
        _match(district, planned, pairs)
        seen = _do(district, planned, dry_run=dry_run, even_if_few=even_if_few)
    finally:
        new_source.forget(district)  # what was tried is of no use to anybody else
    document = {"district": district.id, "source": to, "switched": not dry_run}
    document["schools"] = list(map(_school, seen.schools))
    tell(
        document, [*map(_line, seen.schools), *_verdict(seen, dry_run=dry_run)], wants_json=as_json
    )


def _match(district: District, planned: PlannedSwitch, pairs: tuple[str, ...]) -> None:
    matches = {int(school_id): there for school_id, there in planned.matches.items()}
    shared = dict(planned.schools)
    for pair in pairs:
        reference, equals, there = pair.partition("=")
        if not equals:
            raise BadInput(f"“{pair}” is not SCHOOL=ID; `--dry-run` lists both.")
        whole = there if there in shared or not there else f"{planned.clever_id}.{there}"
        matches[schools.find_school(reference).id] = whole
    new_source.match_schools(district, planned, matches)


def _do(district: District, planned: PlannedSwitch, *, dry_run: bool, even_if_few: bool) -> Switch:
    if dry_run:
        return switching.foresee(district, planned)
    return switching.switch(district, planned, user_id=None, even_if_few=even_if_few)


def _school(each: Foreseen) -> dict[str, object]:
    counts = {name: getattr(each.counted, name) for name in _COUNTS} if each.counted else None
    return {
        "school": each.school_id,
        "name": each.name,
        "there": each.there.source_id if each.there else None,
        "people_and_lists": counts,
        "next_sync": each.message,
    }


def _line(each: Foreseen) -> str:
    if each.there is None or each.counted is None:
        return f"{each.name} (school {each.school_id}): not matched, so unlinked; its people stay."
    it = each.counted
    return (
        f"{each.name} (school {each.school_id}) is {each.there.name} ({each.there.source_id}): "
        f"{it.recognised:,} people recognised, {it.new:,} new, {it.missing:,} missing, "
        f"{it.ambiguous:,} unclear; {it.lists:,} of {it.all_lists:,} lists recognised. "
        f"The next sync: {each.message}"
    )


def _verdict(seen: Switch, *, dry_run: bool) -> list[str]:
    doubts = [
        f"Hardly anybody of {name} is known there: is it the school?" for name in seen.doubtful
    ]
    done = "Nothing was changed." if dry_run else "The source is changed; the next syncs go by it."
    return [*doubts, done]


COMMANDS = (switch_source,)

"""Districts that send zips of OneRoster CSV files."""

from pathlib import Path

import click

from roster_dash.arriving import Arrived, accept, arrive
from roster_dash.cli.output import answers, tell
from roster_dash.config import current_config
from roster_dash.connecting import connect_files
from roster_dash.store import dropped, schools
from roster_dash.store.transactions import commit


@click.command("connect-files", help="Connect a district that sends OneRoster CSV files.")
@click.argument("name")
@answers
def connect(name: str, as_json: bool) -> None:
    district = connect_files(name.strip())
    document = {"district": district.id, "clever_id": district.clever_id}
    lines = [f"District {district.id} connected: {district.name}. Import its first zip next."]
    tell(document, lines, wants_json=as_json)


@click.command("import", help="Read a district's zip; say what it would do, or accept it.")
@click.argument("district_ref", metavar="DISTRICT")
@click.argument("path", metavar="ZIP", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--accept", "is_accepted", is_flag=True, help="The next syncs go by it.")
@answers
def import_zip(district_ref: str, path: Path, is_accepted: bool, as_json: bool) -> None:
    district = schools.find_district(district_ref)
    arrived = arrive(district, path)
    if is_accepted:
        accept(district, arrived)
    tell(
        _document(district.id, arrived, is_accepted=is_accepted),
        _lines(arrived, is_accepted=is_accepted),
        wants_json=as_json,
    )


@click.command("watch-files", help="Say, or choose, what becomes of files in a watched folder.")
@click.argument("district_ref", metavar="DISTRICT")
@click.option(
    "--accept/--wait",
    "by_itself",
    default=None,
    help="Accept files that need nobody, or have each wait for somebody.",
)
@answers
def watch(district_ref: str, by_itself: bool | None, as_json: bool) -> None:
    district = schools.find_district(district_ref)
    if by_itself is not None:
        dropped.choose(district, accepts_by_itself=by_itself)
        commit()
    root, is_accepted = current_config().roster_files_dir, dropped.accepts_by_itself(district)
    folder = str(root / str(district.id)) if root else None
    where = f"Watched: {folder}" if folder else "Nothing is watched: ROSTER_FILES_DIR is unset."
    what = "are accepted by themselves if they need nobody" if is_accepted else "wait for somebody"
    document = {"district": district.id, "folder": folder, "accepts_by_itself": is_accepted}
    tell(document, [where, f"Files from there {what}."], wants_json=as_json)


def _document(district_id: int, arrived: Arrived, *, is_accepted: bool) -> dict[str, object]:
    return {
        "district": district_id,
        "accepted": is_accepted,
        "notes": list(arrived.notes),
        "schools": [{"clever_id": each.source_id, "name": each.name} for each in arrived.schools],
        "previews": [
            {"school": each.school.id, "message": each.message, "counts": each.counts}
            for each in arrived.foreseen
        ],
    }


def _lines(arrived: Arrived, *, is_accepted: bool) -> list[str]:
    schools_in_it = [f"School {each.source_id}: {each.name}" for each in arrived.schools]
    foreseen = [f"{each.school.name} would have: {each.message}" for each in arrived.foreseen]
    end = (
        "Accepted: the next syncs go by it."
        if is_accepted
        else "Nothing was kept. --accept makes it what the next syncs go by."
    )
    return [*arrived.notes, *schools_in_it, *foreseen, end]


COMMANDS = (connect, import_zip, watch)

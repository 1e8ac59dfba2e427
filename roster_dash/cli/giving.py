"""A school as OneRoster files, for tools that take rosters from there."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from roster_dash.cli.output import answers, tell
from roster_dash.provider.csv_export import write_zip
from roster_dash.provider.serving import records_now
from roster_dash.roster.errors import BadInput
from roster_dash.sources.oneroster.records import OneRoster
from roster_dash.store import audit, schools
from roster_dash.store.audit import Did
from roster_dash.store.transactions import commit


@click.command("export", help="Write a school's people and lists as a zip of OneRoster CSV files.")
@click.argument("school_ref", metavar="SCHOOL")
@click.argument("path", metavar="ZIP", type=click.Path(dir_okay=False, path_type=Path))
@answers
def export(school_ref: str, path: Path, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    records = records_now(school)
    _write(records, path)
    counts = {"people": len(records.users), "lists": len(records.classes)}
    audit.record(Did.EXPORTED, school=school, about="oneroster", after=counts)
    commit()
    line = f"{path}: {counts['people']:,} people (with contacts) and {counts['lists']:,} lists."
    tell({"export": str(path), "school": school.id, **counts}, [line], wants_json=as_json)


def _write(records: OneRoster, path: Path) -> None:
    """Whoever reads the file meanwhile gets the whole one of before, or the whole new one.

    It is for its user only. Errors: BadInput.
    """
    try:
        with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            whole = Path(folder) / path.name
            with open(whole, "wb", opener=_for_its_user) as file:
                write_zip(records, file)
            whole.replace(path)
    except OSError as error:
        raise BadInput(f"{path} can’t be written: {error.strerror}. Name another file.") from None


def _for_its_user(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


COMMANDS = (export,)

"""People and lists of a school, for spreadsheets and programs."""

import click

from roster_dash.cli.output import answers, print_csv, print_json
from roster_dash.store import export, schools

_format = click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True
)
_all = click.option("--all", "archived", is_flag=True, help="Archived ones too.")


@click.command("people", help="A school's active people.")
@click.argument("school_ref", metavar="SCHOOL")
@_format
@_all
@answers
def people(school_ref: str, form: str, archived: bool, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    rows = export.export_people(school.id, archived=archived)
    if as_json or form == "json":
        print_json(list(rows))
    else:
        print_csv(export.PEOPLE_COLUMNS, rows)


@click.command("lists", help="A school's active user lists, with their managers and members.")
@click.argument("school_ref", metavar="SCHOOL")
@_format
@_all
@answers
def lists(school_ref: str, form: str, archived: bool, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    rows = export.export_lists(school.id, archived=archived)
    if as_json or form == "json":
        print_json(list(rows))
    else:
        print_csv(export.LIST_COLUMNS, rows)


COMMANDS = (people, lists)

"""The fire drill from the command line."""

import click

from roster_dash.cli.output import EXIT_FAILED, answers, tell
from roster_dash.drill import drill
from roster_dash.roster.drills import END_WORDS, Result
from roster_dash.store import schools


@click.command("drill", help="Feed a copy of the school broken answers, and see what stops them.")
@click.argument("school_ref", metavar="SCHOOL")
@answers
def drill_command(school_ref: str, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    number = school.id
    done = drill(school)
    document = {
        "school": number,
        "passed": done.passed,
        "scenarios": [
            {
                "name": result.name,
                "title": result.title,
                "stopped": result.stopped,
                "outcome": result.end,
                "by": list(result.by),
                "detail": result.detail,
            }
            for result in done.results
        ],
    }
    tell(document, [*map(_line, done.results), done.verdict], wants_json=as_json)
    raise SystemExit(0 if done.passed else EXIT_FAILED)


def _line(result: Result) -> str:
    by = f" {'; '.join(result.by)}:" if result.by else ""
    return f"{END_WORDS[result.end]}: {result.title}.{by} {result.detail}"


COMMANDS = (drill_command,)

"""Asking about one person from the command line."""

import click

from roster_dash.cli.documents import Document
from roster_dash.cli.output import answers, tell
from roster_dash.roster.why import Story, note_of
from roster_dash.store import schools
from roster_dash.why import why


@click.command("why", help="Why a person is here, missing or unchanged.")
@click.argument("school_ref", metavar="SCHOOL")
@click.argument("text", metavar="TEXT")
@answers
def why_command(school_ref: str, text: str, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    found = why(school, text)
    document = {
        "school": school.id,
        "asked": found.asked,
        "message": found.message,
        "more": found.more,
        "answers": [_document(story, found.asked) for story in found.stories],
    }
    notes = [note_of(story, found.asked) for story in found.stories]
    tell(document, [found.message, *notes], wants_json=as_json)


def _document(story: Story, asked: str) -> Document:
    first = story.first_cross
    return {
        "name": story.name,
        "person": story.person,
        "source_id": story.source_id,
        "status": story.status,
        "verdict": story.verdict,
        "first_cross": first.question if first else None,
        "fix": story.fix,
        "steps": [{"question": s.question, "ok": s.ok, "says": s.says} for s in story.steps],
        "note": note_of(story, asked),
    }


COMMANDS = (why_command,)

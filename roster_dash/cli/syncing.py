"""Syncing from the command line: here and now, or through the queue."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

import click

from roster_dash import jobs, notify
from roster_dash.cli.documents import (
    Document,
    exit_code,
    hold_document,
    line,
    operation_document,
)
from roster_dash.cli.output import UNFORESEEN, answers, tell
from roster_dash.cli.setup import parse_pairs
from roster_dash.fetching import SharedFetch
from roster_dash.roster.errors import BadInput, RosterDashError, RunBusy
from roster_dash.store import holds, runs, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.export import run_document
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit, rollback
from roster_dash.sync import abandon, preview, sync_run

log = logging.getLogger(__name__)


@click.command("sync", help="Sync a school, a district's schools or all of them, here and now.")
@click.argument("school_ref", metavar="[SCHOOL]", required=False)
@click.option("--district", "district_ref", help="All linked schools of a district.")
@click.option("--all", "every", is_flag=True, help="All linked schools.")
@click.option("--enqueue", is_flag=True, help="Leave it to the workers.")
@answers
def sync(
    school_ref: str | None, district_ref: str | None, every: bool, enqueue: bool, as_json: bool
) -> None:
    if sum(map(bool, (school_ref, district_ref, every))) != 1:
        raise BadInput("Say one of: a SCHOOL, --district DISTRICT, --all.")
    if school_ref:
        chosen: Sequence[School] = [schools.find_school(school_ref)]
    elif district_ref:
        chosen = schools.find_district(district_ref).schools
    else:
        chosen = schools.all_schools()
    with closing(SharedFetch(_at_the_source(chosen))) as shared:
        act = _enqueue if enqueue else partial(_sync_here, shared)
        ids = [school.id for school in chosen]
        documents = [act(ids[0])] if school_ref else [_or_error(act, each) for each in ids]
    _answer_runs(documents, single=bool(school_ref), wants_json=as_json)


def _at_the_source(chosen: Sequence[School]) -> dict[int, list[str]]:
    """The districts' ids -> their schools' ids at the source, of those that are linked."""
    wanted: dict[int, list[str]] = defaultdict(list)
    for school in chosen:
        if school.unlinked_at is None:
            wanted[school.district_id].append(school.clever_id)
    return wanted


def _sync_here(shared: SharedFetch, school_id: int) -> Document:
    """Runs a school's sync in this process, with its mail and what waited behind it."""
    run_id = _run_here(school_id)
    result = sync_run(run_id, shared=shared)
    if result.run.status in runs.ACTIVE:
        raise RunBusy(f"Run {run_id} of this school was taken by another process; wait for it.")
    rollback()
    for mail_id in result.mail_ids:
        notify.deliver(mail_id)
    if result.waiting_run_id is not None:
        jobs.enqueue_run(result.waiting_run_id)
    return run_document(runs.find_run(run_id))


def _run_here(school_id: int) -> int:
    """The run to work on; one whose process was killed is ended first."""
    try:
        run_id = runs.run_here(school_id).id
    except runs.RunAbandoned as gone:
        rollback()
        abandon(gone.run_id, gone.token)
        run_id = runs.run_here(school_id).id
    commit()
    return run_id


def _enqueue(school_id: int) -> Document:
    run = runs.request_run(school_id, runs.Trigger.MANUAL)
    commit()
    jobs.enqueue_run(run.id, first=True)
    return run_document(run)


def _or_error(act: Callable[[int], Document], school_id: int) -> Document:
    """One school's trouble doesn't stop the others of a district."""
    try:
        return act(school_id)
    except RosterDashError as error:
        rollback()
        return {"school": school_id, "error": error.code, "message": error.message}
    except Exception as error:
        rollback()
        log.error("school %s: %s", school_id, type(error).__name__)
        return {"school": school_id, "error": "unforeseen", "message": UNFORESEEN}


def _answer_runs(documents: list[Document], *, single: bool, wants_json: bool) -> None:
    lines = [line(document) for document in documents]
    tell(documents[0] if single else documents, lines, wants_json=wants_json)
    raise SystemExit(max(map(exit_code, documents), default=0))


@click.command("preview", help="What the next run would do with these settings; writes nothing.")
@click.argument("school_ref", metavar="SCHOOL")
@click.argument("pairs", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--fetch", is_flag=True, help="Ask the source now instead of using the last answer.")
@answers
def preview_command(school_ref: str, pairs: tuple[str, ...], fetch: bool, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    settings = settings_store.load_settings(school.id).changed(parse_pairs(pairs))
    seen = preview(school, settings, fetch=fetch)
    document = {
        "run": None,
        "school": school.id,
        "status": "preview",
        "trigger": "preview",
        "message": seen.message,
        "snapshot": seen.snapshot_id,
        "counts": seen.counts,
        "warnings": list(seen.plan.warnings),
        "holds": list(seen.plan.holds),
        "started_at": None,
        "finished_at": None,
    }
    tell(document, [line(document), *seen.plan.warnings], wants_json=as_json)


@click.command("runs", help="Runs, newest first.")
@click.argument("school_ref", metavar="[SCHOOL]", required=False)
@click.option("--district", "district_ref", help="Of a district's schools.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@answers
def list_runs(school_ref: str | None, district_ref: str | None, limit: int, as_json: bool) -> None:
    ids: list[int] | None = None
    if school_ref:
        ids = [schools.find_school(school_ref).id]
    elif district_ref:
        ids = [school.id for school in schools.find_district(district_ref).schools]
    documents = [run_document(run) for run in runs.list_runs(ids, limit=limit)]
    tell(documents, [line(document) for document in documents], wants_json=as_json)


@click.command("run", help="One run, with its operations.")
@click.argument("run_id", metavar="RUN", type=int)
@answers
def show_run(run_id: int, as_json: bool) -> None:
    run = runs.find_run(run_id)
    operations = [operation_document(row) for row in runs.operations_of(run_id)]
    operations += [hold_document(row) for row in holds.holds_of(run)]
    document = run_document(run) | {
        "warnings": run.warnings,
        "holds": run.holds,
        "problems": run.problems,
        "operations": operations,
    }
    lines = [
        f"{op['id']}: {op['status']}: {op['action']} {op['entity']} {op['label']}"
        for op in operations
    ]
    tell(document, [line(document), *run.holds, *run.warnings, *lines], wants_json=as_json)


COMMANDS = (sync, preview_command, list_runs, show_run)

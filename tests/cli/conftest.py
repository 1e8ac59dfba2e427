"""The command line as an operator uses it."""

import json
from typing import Any

import pytest
from flask.testing import FlaskCliRunner


class CommandLine:
    """`roster ...` with --json: its exit code and document."""

    def __init__(self, runner: FlaskCliRunner) -> None:
        self._runner = runner

    def run(self, *words: str, stdin: str | None = None) -> tuple[int, Any]:
        done = self._runner.invoke(args=["roster", *words, "--json"], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, json.loads(done.stdout) if done.stdout.strip() else None

    def ask(self, *words: str, stdin: str | None = None) -> Any:
        """The document of a command that must succeed."""
        code, document = self.run(*words, stdin=stdin)
        assert code == 0, document
        return document

    def rows(self, what: str, school: str) -> list[dict[str, Any]]:
        """`people` or `lists`, archived ones too, by source_id."""
        done = self._runner.invoke(args=["roster", what, school, "--format", "json", "--all"])
        assert done.exit_code == 0, done.output
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return sorted(rows, key=lambda row: row["source_id"])


@pytest.fixture
def roster(runner: FlaskCliRunner) -> CommandLine:
    return CommandLine(runner)

"""The weekly digest: a school's week in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template

from roster_dash.mail.message import Mail

DIGEST_WORDS = {
    "created": "joined",
    "restored": "returned",
    "updated": "updated",
    "archived": "archived",
}


@dataclass(frozen=True, slots=True)
class Digest:
    """`changes`: (word, how many people) over the week; `last` is the last run's message."""

    school: str
    syncs: int
    failures: int
    changes: Sequence[tuple[str, int]]
    last: str
    url: str

    @property
    def verdict(self) -> str:
        told = ", ".join(f"{number:,} {word}" for word, number in self.changes if number)
        syncs = f"{self.syncs} {'sync' if self.syncs == 1 else 'syncs'}"
        failed = f", {self.failures} failed" if self.failures else ""
        return f"{told or 'nothing changed'}; {syncs}{failed}"


def compose_digest(digest: Digest) -> Mail:
    return Mail(
        subject=" ".join(f"{digest.school}, this week: {digest.verdict}".split()),
        text=render_template("mail/digest.txt", digest=digest),
        html=render_template("mail/digest.html", digest=digest),
    )

"""The weekly digest: a school's week in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from roster_dash.language import translated
from roster_dash.mail.letter import ON_THE_LIST, Letter, Link, Mail, Part, Tone, label, write
from roster_dash.roster.origin import capital

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
    unsubscribe_url: str = ""

    @property
    def verdict(self) -> str:
        told = ", ".join(f"{number:,} {word}" for word, number in self.changes if number)
        syncs = f"{self.syncs} {'sync' if self.syncs == 1 else 'syncs'}"
        failed = f", {self.failures} failed" if self.failures else ""
        return f"{told or 'nothing changed'}; {syncs}{failed}"


def compose_digest(digest: Digest) -> Mail:
    numbers = [*digest.changes, ("syncs", digest.syncs), ("failed", digest.failures)]
    return write(
        Letter(
            about=translated(f"{digest.school}, this week"),
            verdict=digest.verdict,
            lead=[f"The last sync: {translated(digest.last)}"],
            button=Link("See the history", digest.url),
            tone=Tone.CALM if digest.failures else Tone.GOOD,
            parts=[
                Part(
                    "The week in numbers",
                    rows=[(capital(label(word)), f"{number:,}") for word, number in numbers],
                )
            ],
            small_print=[ON_THE_LIST],
            unsubscribe_url=digest.unsubscribe_url,
        )
    )

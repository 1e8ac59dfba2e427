"""What every mail is made of, and how that is written: as plain text, and the same as HTML.

Verdict first, then whose move it is with one button, then the facts, then the small print. Letters
are composed in English and written in the language that is spoken.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from textwrap import wrap

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from roster_dash.language import code, translated
from roster_dash.roster.origin import capital

COLUMNS = 72
GLUE = "\N{NO-BREAK SPACE}"
"""Between words that no line may part."""
LONG = 30
_JOINTS = re.compile(r"(?<=[@._/-])(?=\w)")


@dataclass(frozen=True, slots=True)
class Mail:
    """A composed message: plain text, and the same as HTML."""

    subject: str
    text: str
    html: str
    unsubscribe_url: str = ""


LEAVE = "Leave the list"
ON_THE_LIST = (
    "You get this mail because your address is on the list under Rostering, Notifications."
)


class Tone(StrEnum):
    """The colour of the band over the verdict, which says the same in words."""

    GOOD = "good"
    YOUR_MOVE = "your move"
    BAD = "bad"
    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Part:
    """What a letter says under a title, and `number` of what. `rows`: (name, value). `more` items
    aren't named. Items and rows are written as they are: there are people's names in them."""

    title: str
    number: int = 0
    sentences: Sequence[str] = ()
    items: Sequence[str] = ()
    more: int = 0
    rows: Sequence[tuple[str, str]] = ()
    link: Link | None = None

    @property
    def heading(self) -> str:
        return f"{self.title} ({self.number:,})" if self.number else self.title


@dataclass(frozen=True, slots=True)
class Letter:
    """`about`: the school or the district, as it is called. The subject is that and the verdict,
    where one of both is left out. The first paragraph of `lead` says whose move it is."""

    about: str
    lead: Sequence[str]
    button: Link
    small_print: Sequence[str]
    subject: str = ""
    verdict: str = ""
    tone: Tone = Tone.CALM
    parts: Sequence[Part] = ()
    unsubscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A kind of letter with places in braces. `why`: somebody gets it."""

    subject: str
    lead: tuple[str, ...]
    button: str
    why: str
    tone: Tone = Tone.CALM

    def letter(self, about: str, url: str, **values: object) -> Letter:
        """With the places filled in, `about` among them; the button leads to `url`."""
        values["about"] = about
        return Letter(
            subject=self.subject.format(**values),
            about=about,
            lead=[paragraph.format(**values) for paragraph in self.lead],
            button=Link(self.button, url),
            small_print=[self.why.format(**values)],
            tone=self.tone,
        )


def write(letter: Letter) -> Mail:
    """The message; its subject is one line whatever the names in it are."""
    said = _said(letter)
    template = _TEMPLATES.get_template("letter.html")
    return Mail(
        subject=said.subject,
        text=_as_text(said),
        html=template.render(letter=said, language=code()),
        unsubscribe_url=letter.unsubscribe_url,
    )


def label(counted: str) -> str:
    """The words beside a number in a table: of "archived" those of many people or lists."""
    return translated(f"{counted}:").removesuffix(":")


def _said(letter: Letter) -> Letter:
    """In the language that is spoken, with subject and verdict."""
    subject, verdict = translated(letter.subject), translated(letter.verdict)
    return replace(
        letter,
        subject=" ".join((subject or f"{letter.about}: {verdict}").split()),
        verdict=verdict or subject.removeprefix(f"{letter.about}: "),
        lead=[*map(translated, letter.lead)],
        button=_link_said(letter.button),
        parts=[_part_said(part) for part in letter.parts],
        small_print=[*map(translated, letter.small_print)],
    )


def _part_said(part: Part) -> Part:
    return replace(
        part,
        title=translated(part.title),
        sentences=[*map(translated, part.sentences)],
        link=_link_said(part.link) if part.link else None,
    )


def _link_said(link: Link) -> Link:
    return replace(link, label=translated(link.label))


def _more(number: int) -> str:
    return translated(f"and {number:,} more")


def _as_text(letter: Letter) -> str:
    blocks = [_wrapped(paragraph) for paragraph in (letter.subject, *letter.lead)]
    blocks.append(_link(letter.button))
    blocks += ["\n".join(_part(part)) for part in letter.parts]
    blocks.append("\n".join(map(_wrapped, letter.small_print)))
    if letter.unsubscribe_url:
        blocks.append(_link(Link(translated(LEAVE), letter.unsubscribe_url)))
    return "\n\n".join(blocks) + "\n"


def _part(part: Part) -> Iterator[str]:
    yield _wrapped(part.heading.upper())
    yield from map(_wrapped, part.sentences)
    yield from (_wrapped(f"- {item}", under="  ") for item in part.items)
    if part.more:
        yield f"- {_more(part.more)}"
    yield from (_wrapped(f"{name}: {value}", under="  ") for name, value in part.rows)
    if part.link:
        yield _link(part.link)


def _link(link: Link) -> str:
    """The address has a line of its own, however long it is: mail programs find its end."""
    return f"{link.label}:\n{link.url}"


def _wrapped(line: str, under: str = "") -> str:
    """In 72 columns; `under`: what the second and later lines begin with."""
    lines = wrap(
        line, COLUMNS, subsequent_indent=under, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).replace(GLUE, " ")


def _breakable(text: str) -> Markup:
    """Long addresses may break after their dots and dashes, also where styles are dropped."""
    return Markup(" ").join(
        Markup("<wbr>").join(_JOINTS.split(word)) if len(word) >= LONG else word
        for word in text.split(" ")
    )


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters["capital"] = capital
_TEMPLATES.filters["breakable"] = _breakable
_TEMPLATES.filters["more"] = _more
_TEMPLATES.filters["translated"] = translated
_TEMPLATES.globals.update(Tone=Tone, LEAVE=LEAVE)

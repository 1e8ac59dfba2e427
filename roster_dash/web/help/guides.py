"""The guides of docs/ as pages, rendered from their very files: nothing is written twice.

A guide in another language is docs/<code>/<name>.md; docs/translations.md tells how it is kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from roster_dash.language import ENGLISH

DOCS = Path(__file__).resolve().parents[3] / "docs"

GUIDES = {
    "owner": "Choosing what is synced, deciding what waits, people and lists.",
    "manager": "All schools of a district at once: their health, the policy, who logs in.",
    "specialist": "Connecting districts, linking schools, the first sync.",
    "sharing": "For the district’s Clever admin. It takes five minutes and no account here.",
    "glossary": "Every word you meet here, and what it means for you.",
    "sync": "What happens between your district and here, and why it is safe.",
    "tutorial": "A made-up school to try everything on.",
    "sources": "OneRoster and files: what to type where, and what is not supported.",
    "provider": "A school’s people and lists for the other tools that it uses.",
    "accessibility": "What was tested, and how to tell us what stands in your way.",
}
"""A guide's file without `.md`, its address too -> what it is about. Others aren't help."""

ONLY = {"sync": "In short"}
"""Of these only one part is for people who use the product; the rest is for those who change it."""


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    slug: str
    text: str


@dataclass(frozen=True, slots=True)
class Guide:
    """`language` is the one that it is written in: English where there is no translation."""

    name: str
    language: str
    title: str
    headings: Sequence[Heading]
    html: Markup


@cache
def names() -> tuple[str, ...]:
    """The guides that are there."""
    return tuple(name for name in GUIDES if (DOCS / f"{name}.md").exists())


@cache
def read_guide(name: str, language: str = ENGLISH) -> Guide:
    """A guide of `names`, rendered: once a process, as the files are the release's own."""
    tokens, written_in = parsed(name, ENGLISH), ENGLISH
    slugs = _slugs(_titles(tokens))
    if translation(name, language).exists():
        tokens, written_in = parsed(name, language), language
    title, *headings = _give_ids(tokens, slugs)
    for token in tokens:
        _lead_into_help(token.children or [])
    body = tokens[3:]  # the title isn't in it
    html = _MARKDOWN.renderer.render(body, _MARKDOWN.options, {"title": title.text})
    safe = Markup(html)  # noqa: S704  # ours, and without HTML
    return Guide(name, written_in, title.text, headings, safe)


def translation(name: str, language: str) -> Path:
    """Where a guide is in a language, if it is: docs/ itself has English only."""
    return DOCS / language / f"{name}.md"


def parsed(name: str, language: str) -> list[Token]:
    """What help shows of a guide, as its file has it."""
    if language == ENGLISH:
        return _part(_MARKDOWN.parse((DOCS / f"{name}.md").read_text("utf-8")), ONLY.get(name))
    return _MARKDOWN.parse(translation(name, language).read_text("utf-8"))


@cache
def pictures() -> frozenset[str]:
    """What is served of docs/ besides the guides' texts."""
    return frozenset(path.name for path in DOCS.glob("*.png"))


def _part(tokens: list[Token], wanted: str | None) -> list[Token]:
    """All, or the title with what is under one heading of the second level."""
    if wanted is None:
        return tokens
    starts = [at for at, token in enumerate(tokens) if token.type == "heading_open"]
    starts = [at for at in starts if tokens[at].tag == "h2"] + [len(tokens)]
    begin = next(at for at in starts if tokens[at + 1].content == wanted)
    return tokens[:3] + tokens[begin : starts[starts.index(begin) + 1]]


def _titles(tokens: Sequence[Token]) -> list[tuple[Token, str]]:
    """Each heading, where it opens, with its text."""
    pairs = pairwise(tokens)
    return [(here, _text_of(text)) for here, text in pairs if here.type == "heading_open"]


def _slugs(titles: Sequence[tuple[Token, str]]) -> list[str]:
    """The ids that headings have on GitHub, so that one link is right in both places."""
    slugs: list[str] = []
    taken: dict[str, int] = {}
    for _, text in titles:
        slug = re.sub(r"[^\w\- ]", "", text.casefold()).replace(" ", "-")
        taken[slug] = taken.get(slug, -1) + 1
        slugs.append(f"{slug}-{taken[slug]}" if taken[slug] else slug)
    return slugs


def _give_ids(tokens: Sequence[Token], slugs: Sequence[str]) -> list[Heading]:
    """The English ids in every language, so that one link is right in all of them."""
    headings = []
    for (opening, text), slug in zip(_titles(tokens), slugs, strict=True):
        opening.attrSet("id", slug)
        headings.append(Heading(int(opening.tag[1]), slug, text))
    return headings


def _text_of(inline: Token) -> str:
    return "".join(each.content for each in inline.children or [])


def _lead_into_help(tokens: Sequence[Token]) -> None:
    """Links to guides lead to their pages, pictures are ours; links to other files are text."""
    dropped = False  # links aren't in links
    for token in tokens:
        if token.type == "image":
            _draw(token)
        elif token.type == "link_open":
            target = _page_of(str(token.attrGet("href")))
            token.attrSet("href", target)
            if not target:
                token.hidden = dropped = True
        elif token.type == "link_close":
            token.hidden, dropped = dropped, False


def _page_of(link: str) -> str:
    """Relative to /help/…, as in docs/; "" for what is no page of help.

    A translation leads to English files by "../".
    """
    if link.startswith(("#", "https://", "http://", "mailto:")):
        return link
    file, mark, heading = link.partition("#")
    name = file.removeprefix("../").removesuffix(".md")
    return f"{name}{mark}{heading}" if file.endswith(".md") and name in names() else ""


def _draw(image: Token) -> None:
    """With its size, so that nothing moves when it comes; another picture has another address."""
    name = str(image.attrGet("src")).removeprefix("../")
    data = (DOCS / name).read_bytes()
    image.attrSet("src", f"pictures/{name}?v={sha256(data).hexdigest()[:12]}")
    image.attrSet("width", str(int.from_bytes(data[16:20])))
    image.attrSet("height", str(int.from_bytes(data[20:24])))
    image.attrSet("loading", "lazy")


class _Renderer(RendererHTML):
    """What is wider than the page can be scrolled, also by the keyboard."""

    def table_open(
        self, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Called as what it stands under."""
        above = [str(env["title"]), *(text for _, text in _titles(tokens[:at]))]
        title = escapeHtml(above[-1])
        return f'<div class="scroll" role="region" aria-label="{title}" tabindex="0"><table>\n'

    def table_close(
        self, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
        return super().fence(tokens, at, options, env).replace("<pre>", '<pre tabindex="0">', 1)


def _markdown() -> MarkdownIt:
    """CommonMark with tables. HTML is shown, never used; straight quotes become curved."""
    options = {"html": False, "typographer": True}
    made = MarkdownIt("commonmark", options, renderer_cls=_Renderer)
    return made.enable(["table", "smartquotes"])


_MARKDOWN = _markdown()

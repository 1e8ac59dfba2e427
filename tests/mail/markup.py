"""A mail's HTML taken apart: its elements, and how each piece of text in it looks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

VOID = {"meta", "wbr"}
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*)\}\s*$", re.DOTALL)
_RULE = re.compile(r"\.(\w+) \{ ([\w-]+): (#[0-9a-f]{6}) !important; \}")


@dataclass(frozen=True, slots=True)
class Element:
    tag: str
    attributes: Mapping[str, str]

    @property
    def style(self) -> dict[str, str]:
        pairs = [part.split(":", 1) for part in self.attributes.get("style", "").split(";") if part]
        return {name.strip(): value.strip() for name, value in pairs}


@dataclass(frozen=True, slots=True)
class Text:
    """`within`: the elements around it, the outermost first."""

    words: str
    within: tuple[Element, ...]

    def looks(self, name: str, dark: Mapping[tuple[str, str], str] | None = None) -> str:
        """What a property that is inherited, or shines through, comes to."""
        found = ""
        for element in self.within:
            found = element.style.get(name, found)
            for class_ in element.attributes.get("class", "").split():
                found = (dark or {}).get((class_, name), found)
        return found

    def is_in(self, tag: str) -> bool:
        return any(element.tag == tag for element in self.within)

    @property
    def is_hidden(self) -> bool:
        return any(element.style.get("display") == "none" for element in self.within)


@dataclass
class Markup:
    elements: list[Element] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    styles: str = ""

    @property
    def dark(self) -> dict[tuple[str, str], str]:
        """(class, property) -> the colour by night."""
        block = _DARK.search(self.styles)
        assert block
        return {(name, property_): value for name, property_, value in _RULE.findall(block[1])}

    @property
    def shown(self) -> list[Text]:
        return [text for text in self.texts if not text.is_hidden and not text.is_in("head")]

    @property
    def links(self) -> list[str]:
        return [each.attributes["href"] for each in self.elements if each.tag == "a"]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.markup = Markup()
        self._open: list[Element] = []
        self._breaks_word = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in <{tag}>"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.markup.elements.append(element)
        self._breaks_word = tag == "wbr"
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].tag == "style":
            self.markup.styles += data
        elif self._breaks_word:
            before = self.markup.texts.pop()
            words = " ".join((before.words + data).split())
            self.markup.texts.append(replace(before, words=words))
            self._breaks_word = False
        elif data.strip():
            self.markup.texts.append(Text(" ".join(data.split()), tuple(self._open)))

    def handle_comment(self, data: str) -> None:
        self.markup.comments.append(data)

    def close(self) -> None:
        super().close()
        assert not self._open, f"<{self._open[-1].tag}> is never closed"


def take_apart(html: str) -> Markup:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.markup


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours like #1b2126."""
    light, dark = sorted(map(_luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def inverted(colour: str) -> str:
    return "#" + "".join(f"{255 - part:02x}" for part in _parts(colour))


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[int, ...]:
    assert re.fullmatch("#[0-9a-f]{6}", colour), f"{colour!r} is no colour"
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))

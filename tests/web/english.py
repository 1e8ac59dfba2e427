"""Which texts of a page are still English, though the page is in another language."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from roster_dash.language.__main__ import TRANSLATIONS, read
from roster_dash.language.extract import PACKAGE

_ATTRIBUTES = {"aria-label", "title", "placeholder", "data-label", "alt", "hx-confirm"}
_UNSEEN = {"script", "style", "code", "time", "svg"}
_WORD = re.compile(r"[A-Za-z]{2,}")
_OURS = {
    *("roster", "dash", "clever", "sharing", "applications"),
    *("oneroster", "csv", "zip", "api", "token", "webhook"),
}


def english_words(language: str, texts: Iterable[str] = ()) -> set[str]:
    """The words that our English texts have, these among them, and no translation."""
    catalogue = read(TRANSLATIONS / language / "LC_MESSAGES" / "messages.po")
    ours, theirs = {word for text in texts for word in _words(text)} | _OURS, set(_OURS)
    for message in catalogue:
        for texts, words in ((message.id, ours), (message.string, theirs)):
            for text in texts if isinstance(texts, tuple | list) else (texts,):
                words.update(_words(re.sub(r"%\(\w+\)[sd]|<[^>]*>", " ", text or "")))
    for template in PACKAGE.rglob("*.html"):
        ours.update(_words(re.sub(r"\{.*?\}|<[^>]*>", " ", template.read_text(), flags=re.DOTALL)))
    return ours - theirs


def english_left(html: str, words: set[str], data: set[str]) -> set[str]:
    """The texts with such a word in them. `data`: what is nobody's to translate."""
    page = _Texts()
    page.feed(html.replace("<wbr>", ""))
    assert not page.marked, "what is marked as English doesn’t end"
    left = set()
    for text in page.texts:
        rest = text
        for each in sorted(data, key=len, reverse=True):
            rest = rest.replace(each, " ")
        if set(_words(rest)) & words:
            left.add(text)
    return left


def _words(text: str) -> Iterator[str]:
    return (word.lower() for word in _WORD.findall(text))


class _Texts(HTMLParser):
    """What people read or hear on a page; not what is marked as English."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._within: list[str] = []
        self.marked: list[str] = []
        """The element that is marked, and those of the same name in it."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._within.append(tag)
        if self.marked[-1:] == [tag] or (not self.marked and ("lang", "en") in attrs):
            self.marked.append(tag)
        if not self.marked:
            self.texts += [value for name, value in attrs if name in _ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        for open_ones in (self._within, self.marked):
            if open_ones[-1:] == [tag]:
                open_ones.pop()

    def handle_data(self, data: str) -> None:
        if not (self._within or self.marked) and data.strip():
            self.texts.append(" ".join(data.split()))


def words_of_data(rows: Iterator[tuple[object, ...]]) -> set[str]:
    """Names and addresses that a database holds."""
    return {
        str(value) for row in rows for value in row if isinstance(value, str) and len(value) > 2
    }

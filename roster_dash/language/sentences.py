"""What the product says, which is English wherever it is made and kept, said in another language.

A catalogue has the patterns of the sentences, "%(number)d people fit." say. Of a sentence the
pattern that says most of it is found, what stands in its places is said in the other language in
turn, and what isn't known stays English. A text of several sentences, or a list of clauses, is
taken apart where it isn't known as a whole.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

SENTENCE = "sentence"
"""The context of messages with places: by these a sentence is recognised, by a template's never."""

PLACE = re.compile(r"%\((\w+)\)([sd])")
_WORD = re.compile(r"[a-z]{2,}")
_END = re.compile(r"(?<=[.!?”])\s+(?=[A-Z“0-9])")
_JOINTS = ("; ", ": ", ", ")
_NEIGHBOURS = (" and ", " or ")
_VERBATIM = {
    *("all", "allowed", "update_fields"),  # what is typed into a command
    *("note", "address", "asked", "email", "file", "host", "label", "name", "names"),
    *("school", "school_name", "text", "title"),
}
"""Places for people's data and what somebody has typed: a name that is a word of ours stays."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A sentence with places: how it is recognised, and how it is said."""

    found_by: re.Pattern[str]
    said: str
    weight: int
    """How many characters are the sentence's own."""


def recognisable(messages: Iterable[tuple[str | None, str, str]]) -> Iterator[tuple[str, str]]:
    """Of (context, message, translation): plain texts, and the patterns of sentences."""
    for context, english, other in messages:
        if other and context == (SENTENCE if PLACE.search(english) else None):
            yield english, other


class Sentences:
    """The sentences of one language. `figures` writes a number or a date as it is written there."""

    def __init__(
        self, catalogue: Iterable[tuple[str, str]], figures: Callable[[str], str | None]
    ) -> None:
        self._figures = figures
        self._exact: dict[str, str] = {}
        patterns: list[tuple[frozenset[str], _Pattern]] = []
        for english, other in catalogue:
            if PLACE.search(english):
                patterns.append(_pattern(english, other))
            else:
                self._exact[english] = other
        self._by_word = _indexed(patterns)
        self.said = lru_cache(maxsize=4096)(self._said)
        """The text in this language; English as far as it isn't known."""

    def _said(self, english: str) -> str:
        return self._known(english) or english

    def _known(self, text: str) -> str | None:
        if not text.strip():
            return None
        if text != text.strip():
            return self._exact.get(text) or self._within(text)
        return (
            self._whole(text)
            or self._without_stop(text)
            or self._in_sentences(text)
            or self._clauses(text)
        )

    def _whole(self, text: str, *, may_swallow: bool = True) -> str | None:
        return self._word(text) or self._figures(text) or self._by_pattern(text, may_swallow)

    def _word(self, text: str) -> str | None:
        """A text without places, also where it begins with the other kind of letter."""
        if known := self._exact.get(text):
            return known
        is_upper = text[0].isupper()
        other = self._exact.get((text[0].lower() if is_upper else text[0].upper()) + text[1:])
        if not other:
            return None
        return (other[0].upper() if is_upper else other[0].lower()) + other[1:]

    def _within(self, text: str) -> str | None:
        """A text with blanks at its ends."""
        if known := self._by_pattern(text):
            return known
        inner = text.strip()
        known = self._known(inner)
        return text.replace(inner, known) if known else None

    def _by_pattern(self, text: str, may_swallow: bool = True) -> str | None:
        words = set(_WORD.findall(text.lower()))
        candidates = [each for word in words for each in self._by_word.get(word, ())]
        for pattern in sorted(candidates, key=lambda each: -each.weight):
            if match := pattern.found_by.fullmatch(text):
                values = match.groupdict()
                # A place may have swallowed the end of a sentence; or it is the dot of "St. Mary".
                if any(map(_END.search, values.values())):
                    if not may_swallow:
                        continue
                    apart = self._in_sentences(text, every=True)
                    if apart is not None:
                        return apart
                return pattern.said % {
                    place: self._value(place, value) for place, value in values.items()
                }
        return None

    def _without_stop(self, text: str) -> str | None:
        """A clause that stands as a sentence."""
        known = self._whole(text[:-1]) if text.endswith(".") and len(text) > 1 else None
        return f"{known}." if known else None

    def _value(self, place: str, value: str) -> str:
        if place.rstrip("23456789") in _VERBATIM:
            return self._exact.get(value, value) if " " in value else value
        return self._known(value) or value

    def _in_sentences(self, text: str, *, every: bool = False) -> str | None:
        """Several sentences, as many at once as are known together.

        None if there is one only, none is known, or, where `every` is asked for, one isn't.
        """
        sentences = _END.split(text)
        said, at, any_known = [], 0, False
        while at < len(sentences) > 1:
            known, end = self._next_sentences(sentences, at)
            if known is None and every:
                return None
            any_known |= known is not None
            said.append(known or sentences[at])
            at = end
        return " ".join(said) if any_known else None

    def _next_sentences(self, sentences: list[str], at: int) -> tuple[str | None, int]:
        """The most sentences from there on that are known together, and where they end.

        A pattern with a whole sentence in one of its places comes last: it may know one only.
        """
        one, ends = sentences[at], range(len(sentences) - (at == 0), at + 1, -1)
        for end in ends:
            if known := self._whole(" ".join(sentences[at:end]), may_swallow=False):
                return known, end
        if known := self._whole(one) or self._without_stop(one) or self._clauses(one):
            return known, at + 1
        for end in ends:
            if known := self._whole(" ".join(sentences[at:end])):
                return known, end
        return None, at + 1

    def _clauses(self, text: str) -> str | None:
        """Clauses in a row that are all known, else one at least; two words that are both known."""
        partly = None
        for joint in (*_JOINTS, *_NEIGHBOURS):
            if joint in text:
                pieces = text.split(joint)
                known = [self._known(piece) for piece in pieces]
                both = [other or piece for other, piece in zip(known, pieces, strict=True)]
                said = self._exact.get(joint, joint).join(both)
                if all(known):
                    return said
                if any(known) and joint in _JOINTS:
                    partly = partly or said
        return partly


def _pattern(english: str, other: str) -> tuple[frozenset[str], _Pattern]:
    found, at, literal = "", 0, ""
    for place in PLACE.finditer(english):
        between = english[at : place.start()].replace("%%", "%")
        literal += between + " "
        # A place that follows a word at once may be empty: "paused%(until)s". So may what somebody
        # has typed, which ends with its quote.
        glued = between != "" and not between[-1].isspace() and between[-1] not in "(“"
        quoted = between.endswith("“") and english.startswith("”", place.end())
        what = r"[\d,]+" if place[2] == "d" else "[^“”]*" if quoted else ".*?" if glued else ".+?"
        name = f"(?P={place[1]})" if f"(?P<{place[1]}>" in found else f"(?P<{place[1]}>{what})"
        found, at = found + re.escape(between) + name, place.end()
    rest = english[at:].replace("%%", "%")
    literal += rest
    words = frozenset(_WORD.findall(literal.lower()))
    weight = len(literal.replace(" ", ""))
    said = PLACE.sub(r"%(\1)s", other)
    return words, _Pattern(re.compile(found + re.escape(rest), re.DOTALL), said, weight)


def _indexed(
    patterns: Iterable[tuple[frozenset[str], _Pattern]],
) -> Mapping[str, list[_Pattern]]:
    """Each pattern under the rarest of its words, so that few are tried for a sentence."""
    patterns = [each for each in patterns if each[0]]
    frequency: dict[str, int] = defaultdict(int)
    for words, _ in patterns:
        for word in words:
            frequency[word] += 1
    index: dict[str, list[_Pattern]] = defaultdict(list)
    for words, pattern in patterns:
        index[min(words, key=lambda word: (frequency[word], word))].append(pattern)
    return index

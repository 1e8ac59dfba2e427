"""What a search finds: every word anywhere, in any order, whatever the case and the accents."""

import re
import unicodedata
from collections.abc import Iterable

MOST_WORDS = 8
MARKS = "[\\u0300-\\u036f]+"
"""Accents, once a letter has been taken apart; every database reads the pattern as Python does."""
ALIKE = {"Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Ł": "L", "ł": "l", "ı": "i"}
ALIKE |= {"’": "'", "‘": "'", "ʼ": "'"}
"""Letters that can’t be taken apart -> what people type instead."""
SPELT_OUT = {"ß": "ss", "Æ": "Ae", "æ": "ae", "Œ": "Oe", "œ": "oe", "Þ": "Th", "þ": "th"}

_MARKS = re.compile(MARKS)
_ALIKE = str.maketrans(ALIKE | SPELT_OUT)


def fold(text: str) -> str:
    """The text as searches compare it: "Žofia Łuk" is "zofia luk"."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text)
    return _MARKS.sub("", apart).translate(_ALIKE).lower()


def words_of(search: str) -> list[str]:
    return fold(search).split()[:MOST_WORDS]


def is_found(search: str, texts: Iterable[str]) -> bool:
    """Whether every word of the search is somewhere in the texts."""
    together = fold(" ".join(texts))
    return all(word in together for word in words_of(search))

"""Every mail as plain text, and that it says what the HTML says."""

import re

import pytest

from roster_dash.mail.letter import COLUMNS
from roster_dash.sandbox.samples import Sample, samples
from tests.mail.markup import take_apart

every_mail = pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"^https?://\S+$", "", text, flags=re.MULTILINE).casefold())


@every_mail
def test_lines_fit_and_addresses_have_lines_of_their_own(sample: Sample) -> None:
    for line in sample.mail.text.splitlines():
        if "://" in line:
            assert re.fullmatch(r"https?://\S+", line)
        else:
            assert len(line) <= COLUMNS
        assert line == line.rstrip()


@every_mail
def test_nothing_is_left_of_how_it_is_made(sample: Sample) -> None:
    for part in (sample.mail.subject, sample.mail.text, sample.mail.html):
        assert not re.search(r"\{\w*\}|\{\{|%\}|None|\bTone\b", part)
    assert "\n\n\n" not in sample.mail.text
    assert "&" not in sample.mail.text
    assert sample.mail.text.endswith("\n")


@every_mail
def test_it_begins_with_the_verdict(sample: Sample) -> None:
    first = sample.mail.text.split("\n\n")[0]
    assert " ".join(first.split()) == sample.mail.subject


@every_mail
def test_the_html_says_the_same_in_the_same_order(sample: Sample) -> None:
    markup = take_apart(sample.mail.html)
    heading = next(at for at, text in enumerate(markup.shown) if text.is_in("h1"))
    told = words(" ".join(text.words for text in markup.shown[heading + 1 :]))
    first, rest = sample.mail.text.split("\n\n", 1)
    assert told == words(rest)
    above = words(" ".join(text.words for text in markup.shown[: heading + 1]))
    assert set(above) <= set(words(sample.mail.text))
    assert set(words(first)) <= set(above)


@every_mail
def test_both_have_the_same_links_in_the_same_order(sample: Sample) -> None:
    assert re.findall(r"^https?://\S+$", sample.mail.text, re.MULTILINE) == (
        take_apart(sample.mail.html).links
    )


@every_mail
def test_the_last_word_is_why_it_comes_and_how_to_leave(sample: Sample) -> None:
    small_print = sample.mail.text.rstrip().split("\n\n")
    leave = small_print.pop() if sample.mail.unsubscribe_url else ""
    assert leave == (f"Leave the list:\n{sample.mail.unsubscribe_url}" if leave else "")
    assert "You get this mail because" in small_print[-1]

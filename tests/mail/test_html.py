"""Every mail as HTML: only what Outlook (Word's engine), Gmail, Apple Mail and Yahoo keep, and
readable by day, by night, and where a program inverts the colours."""

import re
from dataclasses import replace

import pytest

from roster_dash.mail.run_result import Change, Changes, compose_run_result
from roster_dash.sandbox import samples as made_up
from roster_dash.sandbox.samples import Sample, samples
from tests.mail.markup import contrast, inverted, take_apart

ATTRIBUTES = {
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "name", "content"},
    "title": set(),
    "style": set(),
    "body": {"class", "style"},
    "div": {"hidden", "style"},
    "table": {
        *("role", "lang", "width", "cellpadding", "cellspacing", "border"),
        *("class", "style"),
    },
    "tr": set(),
    "td": {"align", "valign", "class", "style"},
    "th": {"scope", "align", "valign", "class", "style"},
    "h1": {"class", "style"},
    "h2": {"class", "style"},
    "p": {"class", "style"},
    "wbr": set(),
    "a": {"href", "class", "style"},
}
"""Every tag that may be used, with what may stand in it."""

COLOUR = "#[0-9a-f]{6}"
LENGTHS = r"(\d+px|0)( (\d+px|0)){3}"
KEPT = {
    "background-color": ({"body", "table", "td"}, COLOUR),
    "border-top": ({"td"}, rf"[1-8]px solid {COLOUR}"),  # Word has no more than 8
    "color": ({"td", "th", "h1", "h2", "p", "a"}, COLOUR),
    "display": ({"div", "a"}, "none|inline-block"),  # Word knows none only: see the button
    "font-family": ({"td", "th", "a"}, "Helvetica,Arial,sans-serif"),
    "font-size": ({"td", "th", "h1", "h2", "p", "a"}, r"\d+px"),
    "font-weight": ({"th", "h1", "h2", "a"}, "bold|normal"),
    "line-height": ({"td", "th", "h1", "h2", "p", "a"}, r"\d+px"),
    "margin": ({"h1", "h2", "p"}, rf"0|{LENGTHS}"),
    "max-width": ({"table"}, "600px"),  # Word has a table of 600 around it instead
    "mso-hide": ({"div"}, "all"),  # Word only
    "mso-padding-alt": ({"td"}, LENGTHS),  # Word only: in place of the button's link's
    "padding": ({"td", "th", "a"}, LENGTHS),  # Word: cells only
    "text-align": ({"table", "th"}, "left"),
    "text-decoration": ({"a"}, "none|underline"),
    "vertical-align": ({"td", "th"}, "top"),
    "word-break": ({"table", "th"}, "break-word|normal"),  # Gmail and Yahoo break by themselves
}
"""Property -> (where it is kept, what it may say), after caniemail.com's tables."""

GMAIL_CUTS_AFTER = 102_000
every_mail = pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)


@every_mail
def test_only_what_large_clients_keep_is_used(sample: Sample) -> None:
    for element in take_apart(sample.mail.html).elements:
        assert element.tag in ATTRIBUTES
        assert set(element.attributes) <= ATTRIBUTES[element.tag], element
        for name, value in element.style.items():
            tags, values = KEPT[name]
            assert element.tag in tags, f"{name} of <{element.tag}>"
            assert re.fullmatch(values, value), f"{name}: {value}"


@every_mail
def test_nothing_is_fetched_and_links_lead_to_the_site(sample: Sample) -> None:
    assert "url(" not in sample.mail.html
    assert "@import" not in sample.mail.html
    for address in take_apart(sample.mail.html).links:
        assert address.startswith(made_up.SITE)


@every_mail
def test_tables_that_lay_out_say_so_and_tables_of_facts_have_headings(sample: Sample) -> None:
    for block in re.findall(r"<table[^>]*>", sample.mail.html):
        if 'role="presentation"' not in block:
            after = sample.mail.html.split(block, 1)[1]
            assert after.lstrip().startswith('<tr><th scope="row"'), block


@every_mail
def test_the_style_block_has_the_colours_of_the_night_and_nothing_else(sample: Sample) -> None:
    markup = take_apart(sample.mail.html)
    rules = re.findall(r"([.:][\w-]+) \{([^}]*)\}", markup.styles)
    (root, schemes), *dark = rules
    assert (root, schemes.count("light dark")) == (":root", 2)
    assert len(dark) == len(markup.dark), "a rule that the tests can't read"
    used = {name for each in markup.elements for name in each.attributes.get("class", "").split()}
    assert used <= {name for name, _ in markup.dark}, "a class without a colour by night"


@every_mail
def test_text_can_be_read_by_day_by_night_and_inverted(sample: Sample) -> None:
    markup = take_apart(sample.mail.html)
    for text in markup.shown:
        ink, paper = text.looks("color"), text.looks("background-color")
        assert contrast(ink, paper) >= 4.5, f"by day: {text.words}"
        assert contrast(inverted(ink), inverted(paper)) >= 4.5, f"inverted: {text.words}"
        ink, paper = (text.looks(name, markup.dark) for name in ("color", "background-color"))
        assert contrast(ink, paper) >= 4.5, f"by night: {text.words}"


@every_mail
def test_no_text_is_small(sample: Sample) -> None:
    for text in take_apart(sample.mail.html).shown:
        assert int(text.looks("font-size").removesuffix("px")) >= 14, text.words


@every_mail
def test_it_has_a_language_a_title_one_heading_and_one_button(sample: Sample) -> None:
    markup = take_apart(sample.mail.html)
    assert [e.attributes["lang"] for e in markup.elements if "lang" in e.attributes] == ["en"] * 2
    (title,) = [text.words for text in markup.texts if text.is_in("title")]
    assert title == sample.mail.subject
    assert [element.tag for element in markup.elements].count("h1") == 1
    classes = [element.attributes.get("class") for element in markup.elements]
    assert classes.count("button") == 1
    assert not any("id" in element.attributes for element in markup.elements)


@every_mail
def test_what_lists_of_mails_show_is_the_first_sentence_and_hidden_in_the_mail(
    sample: Sample,
) -> None:
    markup = take_apart(sample.mail.html)
    (hidden,) = [text for text in markup.texts if text.is_hidden]
    assert hidden.is_in("div")
    assert hidden.words in [text.words for text in markup.shown]
    assert hidden.words not in sample.mail.subject


@every_mail
def test_word_gets_a_table_of_600_and_nothing_else_for_itself(sample: Sample) -> None:
    opens, closes = take_apart(sample.mail.html).comments
    assert re.fullmatch(r'\[if mso\]><table [^<>]*width="600"><tr><td><!\[endif\]', opens)
    assert closes == "[if mso]></td></tr></table><![endif]"


def test_a_mail_that_names_hundreds_isnt_cut_by_gmail() -> None:
    names = [Change(f"Maximiliana Featherstonehaugh{n}", "would be archived") for n in range(200)]
    held = [Changes(title, 900, names) for title in ("Many at once", "A role", "Others")]
    mail = compose_run_result(replace(made_up._held(), held=held))
    assert len(mail.html.encode()) < GMAIL_CUTS_AFTER


def test_what_names_contain_is_text_in_the_mail() -> None:
    result = replace(
        made_up._failed(), school="<b>Lincoln</b>\r\nBcc: x@evil.example", message="<i>"
    )
    mail = compose_run_result(result)
    assert mail.subject.startswith("<b>Lincoln</b> Bcc: x@evil.example:")
    assert not {"b", "i"} & {element.tag for element in take_apart(mail.html).elements}

"""app.css: one scale of text, one of space, few colours; nothing beside them, and nothing dead."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

WEB = Path(__file__).parents[2] / "roster_dash" / "web"
MADE_BY_HTMX = {"htmx-request"}
COLOURS = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch|lab|color)a?\(|\b(?:white|black)\b")
SIZE = re.compile(r"(?<![\w-])-?\d*\.?\d+(?:px|rem|em|vh|vw|ch|lh|%)")
SPACING = re.compile(r"(?:margin|padding|gap|row-gap|column-gap)(?:-[a-z-]+)?")
HAIRLINES = {"1px", "-1px"}


@cache
def stylesheet() -> str:
    return re.sub(r"/\*.*?\*/", "", (WEB / "static" / "app.css").read_text(), flags=re.DOTALL)


def rules() -> Iterator[tuple[str, dict[str, str]]]:
    """Each innermost rule: its selector and its declarations, the last of each name."""
    for selector, body in re.findall(r"([^{};]+)\{([^{}]*)\}", stylesheet()):
        pairs = (part.split(":", 1) for part in body.split(";") if ":" in part)
        yield selector.strip(), {name.strip(): value.strip() for name, value in pairs}


def declarations() -> Iterator[tuple[str, str, str]]:
    for selector, body in rules():
        if not selector.startswith((":root", "to", "from", "@")):
            for name, value in body.items():
                yield selector, name, value


def without_scales(value: str) -> str:
    return re.sub(r"var\(--[\w-]+\)", "", value)


def test_sizes_of_text_are_those_of_the_scale() -> None:
    """`font: inherit` is none of its own, and a picture's text has its picture's units."""
    odd = [
        (selector, value)
        for selector, name, value in declarations()
        if name in ("font", "font-size")
        and not selector.startswith(".picture")
        and SIZE.search(without_scales(value))
    ]
    assert odd == []


def test_space_between_things_is_that_of_the_scale() -> None:
    odd = [
        (selector, name, value)
        for selector, name, value in declarations()
        if SPACING.fullmatch(name) and set(SIZE.findall(without_scales(value))) - HAIRLINES
    ]
    assert odd == []


def test_colours_have_names() -> None:
    odd = [each for each in declarations() if COLOURS.search(each[2])]
    assert odd == []


def test_corners_are_those_of_the_scale() -> None:
    odd = [
        (selector, value)
        for selector, name, value in declarations()
        if "radius" in name and value not in ("0", "50%") and without_scales(value).strip()
    ]
    assert odd == []


def test_every_name_is_defined_once_a_theme_and_used() -> None:
    light, dark = [set(body) for selector, body in rules() if selector == ":root"]
    names = {name for name in light if name.startswith("--")}
    used = set(re.findall(r"var\((--[\w-]+)\)", stylesheet()))
    assert names == used
    assert dark < names


def test_a_theme_changes_nothing_but_colours() -> None:
    """So what is true of sizes in one theme is true in the other."""
    [found] = re.findall(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n\}", stylesheet(), re.S)
    inside = re.findall(r"([\w:-]+) \{", found)
    assert inside == [":root"]
    sized = [name for name in ("--space", "--text-", "--radius", "--font") if name in found]
    assert sized == []


def test_no_rule_is_about_what_is_on_no_page() -> None:
    files = [each for kind in ("html", "py", "js") for each in WEB.rglob(f"*.{kind}")]
    files += (WEB.parent / "roster").glob("*.py")  # tones of states are words there
    pages = "\n".join(each.read_text() for each in files)
    selectors = " ".join(selector for selector, _ in rules())
    named = set(re.findall(r"[.#]([a-zA-Z][\w-]*)", selectors)) - MADE_BY_HTMX
    assert named, "no selector was found"
    dead = [name for name in named if not re.search(rf"(?<![\w-]){name}(?![\w-])", pages)]
    assert dead == []

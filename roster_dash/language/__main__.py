"""Catalogues from the code and back: `make translations`, and `--check` in `make check`.

Templates and words that are marked are found as Babel does; sentences as `extract` says. Nothing
is guessed: a message without a translation stays empty, or gets that of a .po that is named.
"""

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from roster_dash.language.extract import PACKAGE, context_of, python_files, sentences_of
from roster_dash.language.phrases import PHRASES

KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None}
TRANSLATIONS = PACKAGE / "translations"
_NEVER = datetime(2026, 1, 1, tzinfo=UTC)
"""Of a date in it, a file would be another one each time."""


def template() -> Catalog:
    """Every message of the product, with the files that it is in."""
    found = Catalog(charset="utf-8")
    for path in sorted(PACKAGE.rglob("*.html")) + sorted((PACKAGE / "mail").glob("*.txt")):
        _add_marked(found, path, "jinja2")
    for path in python_files():
        where = [(str(path.relative_to(PACKAGE)), 0)]
        for message in sentences_of(path.read_text()):
            found.add(message, locations=where, context=context_of(message))
        _add_marked(found, path, "python")
    for message in PHRASES:
        where = [("language/phrases.py", 0)]
        found.add(message, locations=where, context=context_of(message))
    return found


def _add_marked(found: Catalog, path: Path, method: str) -> None:
    options = {"trimmed": "true", "silent": "false"}
    with path.open("rb") as file:
        for _, message, comments, context in extract(method, file, KEYWORDS, options=options):
            where = [(str(path.relative_to(PACKAGE)), 0)]
            found.add(message, locations=where, auto_comments=comments, context=context)


def read(po: Path) -> Catalog:
    with po.open("rb") as file:
        catalogue = read_po(file, locale=po.parts[-3])
    catalogue.creation_date = catalogue.revision_date = _NEVER
    return catalogue


def renewed(po: Path) -> Catalog:
    """A catalogue with the messages that there are now, and what was translated of them."""
    catalogue = read(po)
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    buffer = BytesIO()
    write_po(
        buffer, catalogue, width=100, omit_header=True, include_lineno=False, sort_by_file=True
    )
    return _HEADER.format(language=catalogue.locale, plurals=catalogue.plural_forms).encode() + (
        buffer.getvalue()
    )


def as_mo(catalogue: Catalog) -> bytes:
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


_HEADER = """\
# Roster Dash; docs/translations.md says how this file is kept. The glossary is there too.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def stale(po: Path) -> str:
    """Which file of a language isn't what `make translations` would write; "" if none."""
    catalogue = renewed(po)
    if po.read_bytes() != as_po(catalogue):
        return f"{po.relative_to(PACKAGE)} doesn’t have the messages that the code has"
    mo = po.with_suffix(".mo")
    if not mo.exists() or mo.read_bytes() != as_mo(read(po)):
        return f"{mo.relative_to(PACKAGE)} is older than its .po"
    return ""


def take(catalogue: Catalog, other: Catalog) -> None:
    """What `other` has for messages that have no translation yet."""
    for message in catalogue:
        if not message.id or _is_said(message.string):
            continue
        theirs = other.get(message.id, message.context) or other.get(message.id)
        if theirs:
            message.string = theirs.string


def main(arguments: list[str]) -> int:
    for po in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")):
        if "--check" in arguments:
            if trouble := stale(po):
                print(f"{trouble}: run `make translations`.", file=sys.stderr)
                return 1
            continue
        catalogue = renewed(po)
        for file in arguments:
            with Path(file).open("rb") as other:
                take(catalogue, read_po(other, locale=catalogue.locale))
        po.write_bytes(as_po(catalogue))
        catalogue = read(po)
        po.with_suffix(".mo").write_bytes(as_mo(catalogue))
        left = sum(1 for message in catalogue if message.id and not _is_said(message.string))
        print(f"{po.parts[-3]}: {len(catalogue)} messages, {left} without a translation")
    return 0


def _is_said(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

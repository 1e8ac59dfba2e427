"""Finds the sentences that the product makes, where it makes them, for the catalogues.

Templates and the words of the web mark what is to be translated as usual. The sentences of the rest
are plain English (`roster/` knows no framework, and what is stored stays English), so they are read
from the code itself: a string of several words is one message, and an f-string is a message with
placeholders. A new sentence is in the catalogues by being written.
"""

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from roster_dash.language.sentences import PLACE, SENTENCE

PACKAGE = Path(__file__).parents[1]

_FOR_MACHINES = (
    "sandbox",
    "cli",
    "provider",
    "web/api",
    "web/oneroster",
    "web/health",
    "web/security.py",
    "web/access.py",
    "web/login.py",
    "web/runs/report.py",
    "language/extract.py",
    "language/__main__.py",
    "store/tables.py",
    "store/bulk.py",
    "store/dump.py",
    "store/dump_postgresql.py",
    "store/transactions.py",
    "store/locked.py",
    "store/secrets.py",
    "sources/oneroster/shelf.py",
    "sources/oneroster/csv_records.py",
    "sources/spool.py",
    "app.py",
    "backup.py",
    "broker.py",
    "config.py",
    "demo.py",
    "drill_server.py",
    "embedded_redis.py",
    "extensions.py",
    "heart.py",
    "jobs.py",
    "logs.py",
    "rate_budget.py",
    "reporting.py",
)
"""What only operators and programs read stays English."""

UNSEEN = frozenset(
    {
        "DELETE FROM memberships WHERE (list_id, side, person_id) IN (SELECT * FROM "
        "unnest(CAST(:list_id AS bigint[]), CAST(:side AS text[]), CAST(:person_id AS bigint[])))",
        "DELETE FROM memberships WHERE list_id = ? AND side = ? AND person_id = ?",
        "SELECT nextval(CAST(:name AS regclass)) FROM generate_series(1, :number)",
        '"cache", "storage"',
        "attachment; filename=%(name)s.csv",
        "attachment; filename=person-%(person_id)s.json",
        "true t yes y 1",
        "false f no n 0",
        "Bearer %(token)s",
        "OAuth %(said)s",
        "Mac OS X",
        "public, max-age=31536000, immutable",
        "Roster Dash",
        "was removed",
    }
)
"""Strings of several words that nobody is shown."""

_CALLS_UNSEEN = re.compile(
    r"(^|\.)(log|logger)\.\w+$|\.(execute|split)$|^(text|field)$|gettext$|^_l?$"
)
"""Logs, SQL, and what is marked for translation as Babel has it."""
_FIELD = re.compile(r"\{(\w*)(:,)?[^{}]*\}")
_WORDS = re.compile(r"[a-z]{2,}")


def python_files() -> list[Path]:
    """The modules whose sentences people read, in the same order everywhere."""
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if not any(
            path.is_relative_to(PACKAGE / part) or path == PACKAGE / part for part in _FOR_MACHINES
        )
    ]


def sentences_of(source: str) -> list[str]:
    """The messages in the code of a module, as the catalogues have them: %(name)s, %(number)d."""
    tree = ast.parse(source)
    unseen = _not_shown(tree)
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.JoinedStr):
            found.update(dict.fromkeys(_messages(node)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found[_with_fields(node.value)] = None
    return [message for message in found if _is_a_sentence(message)]


def _not_shown(tree: ast.Module) -> set[int]:
    """Docstrings, parts of f-strings (the whole is looked at), and what goes to logs or SQL."""
    unseen: set[int] = set()
    for node in ast.walk(tree):
        hidden: list[ast.AST] = []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            hidden = [node.value]
        elif isinstance(node, ast.JoinedStr):
            hidden = [part for part in node.values if isinstance(part, ast.Constant)]
            hidden += [
                each
                for part in node.values
                if isinstance(part, ast.FormattedValue)
                for each in _constants_chosen(part)
            ]
        elif isinstance(node, ast.Call) and _CALLS_UNSEEN.search(ast.unparse(node.func)):
            hidden = [
                *node.args,
                *([node.func.value] if isinstance(node.func, ast.Attribute) else []),
            ]
        elif isinstance(node, ast.Assert) and node.msg is not None:
            hidden = [node.msg]
        for each in hidden:
            unseen.update(map(id, ast.walk(each)))
    return unseen


def _constants_chosen(part: ast.FormattedValue) -> list[ast.AST]:
    spec = list(ast.walk(part.format_spec)) if part.format_spec else []
    chosen = part.value if _is_choice(part.value) else None
    return spec + (list(ast.walk(chosen)) if chosen else [])


def _is_choice(node: ast.expr) -> bool:
    """Whether it is one of two texts: "list" if number == 1 else "lists"."""
    return isinstance(node, ast.IfExp) and all(
        isinstance(each, ast.Constant) and isinstance(each.value, str)
        for each in (node.body, node.orelse)
    )


def _messages(joined: ast.JoinedStr) -> Iterator[str]:
    """An f-string as messages: one for each combination of the texts that it chooses from."""
    parts: list[list[str]] = []
    names: dict[str, str] = {}
    for value in joined.values:
        if isinstance(value, ast.Constant):
            text = str(value.value)
            parts.append([_with_fields(text) if _FIELD.search(text) else text.replace("%", "%%")])
        elif isinstance(value, ast.FormattedValue) and _is_choice(value.value):
            choice = value.value
            assert isinstance(choice, ast.IfExp)
            texts = (choice.body, choice.orelse)
            parts.append([str(each.value) for each in texts if isinstance(each, ast.Constant)])
        elif isinstance(value, ast.FormattedValue):
            code, counts = ast.unparse(value.value), _is_number(value)
            if code not in names:
                names[code] = _free(_name(value.value), names.values())
            parts.append([f"%({names[code]}){'d' if counts else 's'}"])
    for combination in product(*parts):
        yield "".join(combination)


def _is_number(value: ast.FormattedValue) -> bool:
    spec = value.format_spec
    return spec is not None and ast.unparse(spec) in ("f','", "','", 'f","')


def _name(node: ast.expr) -> str:
    """What a placeholder is called: the last word of what is put there."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Constant):
            return _name(node.func.value)
        return _name(node.args[0]) if node.args else _name(node.func)
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    if isinstance(node, ast.BoolOp):
        return _name(node.values[0])
    if isinstance(node, ast.BinOp):
        return _name(node.left)
    if isinstance(node, ast.Attribute) and ast.unparse(node) == "role.label":
        return "role"
    word = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "value")
    return str(word).strip("_").lower()


def _free(name: str, taken: object) -> str:
    names = set(taken)  # type: ignore[call-overload]
    return (
        name
        if name not in names
        else next(
            each for each in (f"{name}{number}" for number in range(2, 99)) if each not in names
        )
    )


def _with_fields(text: str) -> str:
    """A text for str.format as a message; any other one as it is."""
    if not _FIELD.search(text):
        return text
    numbers = iter(range(1, 99))

    def placeholder(field: re.Match[str]) -> str:
        return f"%({field[1] or f'value{next(numbers)}'}){'d' if field[2] else 's'}"

    return _FIELD.sub(placeholder, text.replace("%", "%%"))


def context_of(message: str) -> str | None:
    return SENTENCE if PLACE.search(message) else None


def _is_a_sentence(message: str) -> bool:
    if message in UNSEEN or message.startswith("\n") or re.match(r"[A-Z]{4,} |\(\?", message):
        return False
    literal = PLACE.sub("·", message)
    words = _WORDS.findall(re.sub(r"%.|https?://\S+|\S*[_/=@{}\\<>]\S*", "", literal))
    return bool(words) and " " in message.strip()

"""Every form that somebody can see: the dashboard is crawled from its first page."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

from tests.visitor import Visitor

_NUMBER = re.compile(r"\d+")
_MOST_PER_SHAPE = 12
"""Pages and forms that differ in their numbers only are visited this often."""


@dataclass(slots=True)
class Form:
    action: str
    method: str
    page: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[str, str, tuple[str, ...]]:
        names = tuple(sorted({_NUMBER.sub("1", name) for name in self.fields}))
        return self.method, _NUMBER.sub("1", self.action), names


class _Page(HTMLParser):
    """Collects links and forms, with what the browser would send for each."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._ids: dict[str, Form] = {}
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in told:
            self.links.append(urldefrag(urljoin(self.path, told["href"])).url)
        elif tag == "form":
            action = urljoin(self.path, told.get("action") or self.path)
            self._open = Form(action, told.get("method", "get").upper(), self.path)
            self._ids[told.get("id", "")] = self._open
            self.forms.append(self._open)
        elif tag in ("input", "textarea", "select", "button"):
            self._field(tag, told)
        elif tag == "option" and self._select and self._open:
            self._open.fields.setdefault(self._select, []).append(told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""

    def _field(self, tag: str, told: dict[str, str]) -> None:
        form = self._ids.get(told["form"]) if "form" in told else self._open
        if form is not None and "formaction" in told:  # another place for the same fields
            self.forms.append(Form(told["formaction"], "POST", self.path, form.fields))
        elif form is not None and told.get("name"):
            form.fields.setdefault(told["name"], [])
            if tag == "select":
                self._select = told["name"]
            else:
                form.fields[told["name"]].append(told.get("value", ""))


def _searched(form: Form) -> str:
    """Where a search for something that most names have leads."""
    told = {name: values[0] or "e" for name, values in form.fields.items() if values}
    return f"{urlsplit(form.action).path}?{urlencode(told)}"


def crawl(visitor: Visitor, start: str = "/") -> list[Form]:
    """The forms of every page that can be reached, one of each shape and its like."""
    waiting, seen = [start], {start}
    pages: dict[str, int] = {}
    forms: dict[tuple[str, str, tuple[str, ...]], Form] = {}
    while waiting:
        path = waiting.pop()
        answer = visitor.get(path)
        if answer.status_code in (302, 303):
            found, links = [], [urljoin(path, answer.location)]
        elif answer.status_code == 200 and answer.mimetype == "text/html":
            page = _Page(path)
            page.feed(answer.text)
            found, links = page.forms, page.links
        else:
            found, links = [], []
        for form in found:
            forms.setdefault(form.shape, form)
            links += [_searched(form)] if form.method == "GET" else []
        for link in links:
            parts = urlsplit(link)
            shape = _NUMBER.sub("1", parts.path)
            is_ours = not parts.netloc and not parts.path.startswith("/static/")
            if link not in seen and is_ours and pages.get(shape, 0) < _MOST_PER_SHAPE:
                pages[shape] = pages.get(shape, 0) + 1
                seen.add(link)
                waiting.append(link)
    return list(forms.values())

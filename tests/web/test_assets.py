"""What comes over the wire: files that browsers keep, and pages as short as is safe."""

import gzip
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from roster_dash.web.assets import STATIC
from tests.builders import Builder
from tests.statements import statements
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]
CSS = "/static/app.css"


def address_of(client: FlaskClient, name: str) -> str:
    found = re.search(rf'"(/static/{re.escape(name)}\?v=\w+)"', client.get("/login").text)
    assert found is not None
    return found[1]


def test_a_file_is_compressed_for_whoever_takes_it(client: FlaskClient) -> None:
    content = (STATIC / "app.css").read_bytes()
    packed = client.get(CSS, headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == content
    assert len(packed.data) == packed.content_length < len(content) / 3
    for accepted in ("", "br", "gzip;q=0", "gzip;q=0, *"):
        plain = client.get(CSS, headers={"Accept-Encoding": accepted})
        assert "Content-Encoding" not in plain.headers
        assert plain.data == content
    assert packed.vary == plain.vary == {"Accept-Encoding"}
    assert packed.mimetype == plain.mimetype == "text/css"


def test_each_form_of_a_file_has_its_own_etag(client: FlaskClient) -> None:
    packed = {"Accept-Encoding": "gzip"}
    tags = {client.get(CSS, headers=headers).headers["ETag"]: headers for headers in (packed, {})}
    assert len(tags) == 2
    for tag, headers in tags.items():
        again = client.get(CSS, headers={**headers, "If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.vary == {"Accept-Encoding"}
        other = {} if headers else packed
        assert client.get(CSS, headers={**other, "If-None-Match": tag}).status_code == 200


def test_a_file_is_kept_for_ever_under_its_own_address_only(client: FlaskClient) -> None:
    here = address_of(client, "app.css")
    assert client.get(here).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for path in (CSS, f"{CSS}?v=000000000000", here[:-1]):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_a_file_is_the_same_for_everybody_and_asks_no_database(
    make: Builder, visit_as: VisitAs, client: FlaskClient
) -> None:
    visitor = visit_as(make.owner(make.school()))
    with statements() as asked:
        answer = visitor.get(CSS)
    assert asked == []
    assert answer.data == client.get(CSS).data
    assert "Cookie" not in answer.vary
    assert "Set-Cookie" not in answer.headers


def test_what_is_no_file_of_ours_isn_t_there(client: FlaskClient) -> None:
    for name in ("nothing.css", "sub/app.css", "..", "app.css/"):
        assert client.get(f"/static/{name}").status_code == 404


def test_the_first_page_is_small(client: FlaskClient) -> None:
    """Everything that the log-in page needs, as it comes over the wire."""
    headers = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "none"}
    page = client.get("/login", headers=headers)
    needed = re.findall(r'(?:src|href)="(/static/[^"]+)"', gzip.decompress(page.data).decode())
    assert len(needed) == 4
    sizes = [len(client.get(each, headers=headers).data) for each in needed]
    assert len(page.data) + sum(sizes) < 30_000


@pytest.mark.parametrize(
    ("site", "is_packed"),
    [
        ("same-origin", True),
        ("none", True),
        ("same-site", False),
        ("cross-site", False),
        ("", False),
        ("Same-Origin, cross-site", False),
    ],
)
def test_a_page_is_compressed_only_where_no_other_site_asked_for_it(
    site: str, is_packed: bool, make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    path = f"/schools/{school.id}/rostering"
    headers = {"Accept-Encoding": "gzip"} | ({"Sec-Fetch-Site": site} if site else {})
    answer = visitor.ask("GET", path, headers=headers)
    assert answer.headers.get("Content-Encoding") == ("gzip" if is_packed else None)
    page = gzip.decompress(answer.data) if is_packed else answer.data
    assert len(answer.data) == answer.content_length
    assert b"<h1>Rostering</h1>" in page
    assert {"Accept-Encoding", "Sec-Fetch-Site"} <= set(answer.vary)
    plain = visitor.ask("GET", path, headers={**headers, "Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_what_is_no_page_is_never_compressed(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    headers = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
    for path in (f"/schools/{school.id}/people.csv", "/api/v1/openapi.json", "/healthz"):
        assert "Content-Encoding" not in visitor.ask("GET", path, headers=headers).headers


def test_indentation_isn_t_sent_and_what_people_typed_stays(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    notes = "2027-06-12..2027-08-10 pause"
    make.settings(school, calendar=notes)
    page = visitor.get(f"/schools/{school.id}/rostering").text
    assert not re.search(r"^[ \t]", page, re.MULTILINE)
    assert f">{notes}</textarea>" in page
    typed = "first_name,last_name,role\n  Ana,  Ruiz,student\n"
    form = {"text": typed}
    path = f"/schools/{school.id}/people/import"
    assert "\n  Ana,  Ruiz" in visitor.post(path, form, page=path).text

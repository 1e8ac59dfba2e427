"""A district's files in the browser: uploaded, looked at, accepted or refused."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from roster_dash import arriving, clock
from roster_dash.connecting import connect_files
from roster_dash.extensions import db
from roster_dash.store import accepted, dropped, schools
from roster_dash.store.tables import District
from roster_dash.store.transactions import commit
from roster_dash.web import uploads
from tests.builders import Builder
from tests.csv_zips import SCHOOL, files_of, write_zip
from tests.visitor import Visitor, csrf_token

VisitAs = Callable[..., Visitor]


@pytest.fixture
def district(app: object) -> District:
    return connect_files("Paper Valley")


@pytest.fixture
def manager(make: Builder, district: District, visit_as: VisitAs) -> Visitor:
    return visit_as(make.manager(district))


def address(district: District) -> str:
    return f"/districts/{district.id}/files"


def upload(visitor: Visitor, district: District, content: bytes) -> TestResponse:
    return send(visitor, district, content, csrf_token(visitor.get(address(district)).text))


def send(visitor: Visitor, district: District, content: bytes, token: str = "") -> TestResponse:
    """As a browser sends a file; the test client would leave a large one open."""
    head = (
        f'--part\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        '--part\r\nContent-Disposition: form-data; name="file"; filename="export.zip"\r\n\r\n'
    )
    body = head.encode() + content + b"\r\n--part--\r\n"
    kind = "multipart/form-data; boundary=part"
    return visitor.ask("POST", address(district), data=body, content_type=kind)


def a_zip(folder: Path) -> bytes:
    return write_zip(folder / "export.zip", files_of(SCHOOL, "1.2", "bulk")).read_bytes()


def is_in_force(district: District) -> bool:
    found = accepted.since(district.id) is not None
    commit()
    return found


def decide(visitor: Visitor, district: District, how: str) -> TestResponse:
    page = visitor.get(address(district)).text
    found = re.search(r'name="digest" value="(\w+)"', page)
    form = {"digest": found[1] if found else ""}
    return visitor.post(f"{address(district)}/{how}", form, page=address(district))


def test_an_uploaded_file_waits_until_somebody_accepts_it(
    manager: Visitor, district: District, tmp_path: Path
) -> None:
    assert upload(manager, district, a_zip(tmp_path)).status_code == 303
    page = manager.get(address(district)).text
    assert "Waiting for you" in page
    assert "2 schools are in it; none is linked yet" in page
    assert not is_in_force(district)
    assert decide(manager, district, "accept").status_code == 303
    assert is_in_force(district)
    assert "Waiting for you" not in manager.get(address(district)).text


def test_a_refused_file_leaves_nothing(
    manager: Visitor, district: District, tmp_path: Path
) -> None:
    upload(manager, district, a_zip(tmp_path))
    assert decide(manager, district, "refuse").status_code == 303
    assert accepted.waiting(district.id) is None
    assert not is_in_force(district)


def test_a_file_that_can_not_be_used_is_refused_in_words(
    manager: Visitor, district: District
) -> None:
    answer = upload(manager, district, b"this is no zip")
    assert answer.status_code == 422
    assert "zip" in answer.text
    assert accepted.waiting(district.id) is None


def test_only_what_was_looked_at_is_accepted(
    manager: Visitor, district: District, tmp_path: Path
) -> None:
    upload(manager, district, a_zip(tmp_path))
    form = {"digest": "of another one"}
    answer = manager.post(f"{address(district)}/accept", form, page=address(district))
    assert answer.status_code == 409
    assert not is_in_force(district)


def test_a_file_that_was_read_over_another_one_is_not_accepted_after_it(
    manager: Visitor, district: District, tmp_path: Path
) -> None:
    content = a_zip(tmp_path)
    upload(manager, district, content)
    page = manager.get(address(district)).text
    found = re.search(r'name="digest" value="(\w+)"', page)
    assert found
    arriving.accept(district, arriving.arrive(district, tmp_path / "export.zip"))
    form = {"digest": found[1]}
    answer = manager.post(f"{address(district)}/accept", form, page=address(district))
    assert answer.status_code == 409


def test_more_than_a_form_may_have_is_taken_from_somebody_whose_district_it_is(
    manager: Visitor, district: District
) -> None:
    answer = upload(manager, district, b"x" * 1_500_000)
    assert answer.status_code == 422
    assert "zip" in answer.text


def test_nothing_is_taken_from_anybody_else_nor_without_a_token(
    make: Builder, manager: Visitor, district: District, visit_as: VisitAs
) -> None:
    assert send(manager, district, b"x").status_code == 400
    other = visit_as(make.manager(make.district(), "else@district.example"))
    assert send(other, district, b"x" * 1_500_000).status_code == 404


def test_there_is_a_limit_all_the_same(
    manager: Visitor, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 2_000_000)
    assert upload(manager, district, b"x" * 2_500_000).status_code == 413


def test_a_specialist_connects_a_district_that_sends_files(
    make: Builder, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.specialist())
    answer = visitor.post("/districts/files", {"name": "Paper Valley"}, page="/districts")
    assert answer.status_code == 303
    assert "doesn’t send files" not in visitor.get(f"{answer.location[:-11]}/files").text


def test_the_page_of_a_disconnected_district_says_so(
    make: Builder, district: District, visit_as: VisitAs
) -> None:
    schools.disconnect_district(district)
    commit()
    page = visit_as(make.specialist()).get(address(district)).text
    assert "Paper Valley is disconnected" in page
    assert "Upload" not in page


def test_what_becomes_of_files_from_the_folder_is_chosen_on_the_page(
    manager: Visitor, district: District
) -> None:
    for form, chosen in (({"by_itself": "on"}, True), ({}, False)):
        manager.post(f"{address(district)}/folder", form, page=address(district))
        db.session.refresh(district)
        assert dropped.accepts_by_itself(district) is chosen
        commit()


def test_why_a_file_from_the_folder_was_refused_is_on_the_page(
    manager: Visitor, district: District
) -> None:
    now = clock.now()
    row = dropped.note(district.id, "export.zip", 10, 1, now)
    dropped.settle(row.id, dropped.Outcome.REFUSED, "users.csv, line 3: this is not UTF-8.", now)
    commit()
    assert "users.csv, line 3: this is not UTF-8." in manager.get(address(district)).text


def test_only_what_was_looked_at_is_refused(
    manager: Visitor, district: District, tmp_path: Path
) -> None:
    upload(manager, district, a_zip(tmp_path))
    form = {"digest": "of-another-file"}
    answer = manager.post(f"{address(district)}/refuse", form, page=address(district))
    assert "isn’t waiting any more" in answer.text
    assert accepted.waiting(district.id) is not None

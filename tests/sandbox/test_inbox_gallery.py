"""The sandbox's page with every mail."""

import html

import pytest
import requests

from roster_dash.sandbox.gallery import as_seen
from roster_dash.sandbox.samples import samples
from tests.clever import Clever


def get(clever: Clever, path: str) -> requests.Response:
    return requests.get(f"{clever.url}{path}", timeout=10)


def test_the_gallery_has_every_mail_with_its_subject_its_text_and_a_frame(clever: Clever) -> None:
    page = html.unescape(get(clever, "/gallery?look=dark").text)
    for sample in samples():
        assert f">{sample.mail.subject}</h2>" in page
        assert f"<pre>{sample.mail.text.rstrip()}" in page
        assert f'sandbox="" loading="lazy" src="/gallery/{sample.name}?look=dark"' in page


def test_every_mail_is_served_so_that_no_script_runs(clever: Clever) -> None:
    for sample in samples():
        served = get(clever, f"/gallery/{sample.name}")
        assert served.headers["Content-Type"].startswith("text/html")
        assert served.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert served.text == as_seen(sample.mail.html, "light")


def test_the_inbox_leads_there_and_back(clever: Clever) -> None:
    assert 'href="/gallery"' in get(clever, "/inbox").text
    assert 'href="/inbox"' in get(clever, "/gallery").text


@pytest.mark.parametrize("path", ["/gallery/none", "/gallery?look=pink", "/gallery/reset?look=x"])
def test_what_isnt_there_is_404(path: str, clever: Clever) -> None:
    assert get(clever, path).status_code == 404


def test_each_look_is_what_such_a_client_shows() -> None:
    mail = samples()[0].mail.html
    assert "@media all {" in as_seen(mail, "dark")
    assert "@media not all {" in as_seen(mail, "light")
    bare = as_seen(mail, "bare")
    assert "style" not in bare
    assert bare.count("<td") == mail.count("<td")

"""No address that somebody types leads into the network that the server stands in."""

import socket

import pytest

from roster_dash import outbound
from roster_dash.roster.errors import BadInput

INSIDE = [
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://224.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://127.1/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_addresses_inside_are_refused_however_they_are_written(url: str) -> None:
    with pytest.raises(BadInput):
        outbound.check_url(url, ())
    assert outbound.post(url, b"", {}, ()).status == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "https://",
        "https://name:secret@8.8.8.8/",
        "https://8.8.8.8:99999/",
        "https://8.8.8.8/ x",
        "https://8.8.8.8/\r\nX: y",
        "https://ü.example/",
        "https://8.8.8.8/" + "x" * 1000,
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        outbound.check_url(url, ())


def test_public_addresses_and_allowed_ones_pass() -> None:
    outbound.check_url("https://8.8.8.8/hook", ())
    outbound.check_url("http://127.0.0.1:8124/hook", ("127.0.0.1:8124",))
    outbound.check_url("https://localhost/hook", ("localhost",))
    with pytest.raises(BadInput):
        outbound.check_url("http://127.0.0.1:8125/hook", ("127.0.0.1:8124",))


def test_a_name_that_leads_inside_when_it_is_asked_again_reaches_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: the first answer is public, the next is not."""
    answers = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    answer = outbound.post("https://rebind.example/", b"", {}, ())
    assert answer.status == 0
    assert "not on the internet" in answer.text
    assert asked == ["rebind.example"] * 2

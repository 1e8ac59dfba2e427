"""How a OneRoster provider lets us in, and that nobody else learns how."""

import socket
from typing import Any

import pytest

from roster_dash import outbound
from roster_dash.roster.errors import AccessRefused, SourceDown, SourceError
from roster_dash.sandbox.oneroster.access import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    STATIC_TOKEN,
)
from roster_dash.sandbox.oneroster.server import V1P2, Server, running
from roster_dash.sources.oneroster.api import OneRosterSource, Provider
from roster_dash.sources.oneroster.api_access import (
    SCOPES,
    Access,
    ClientCredentials,
    Signature,
    StaticToken,
    signature,
)
from tests.oneroster import EXPECTED, HILL, TODAY, open_source, rosters, silent

SECRETS = (STATIC_TOKEN, CLIENT_SECRET, CONSUMER_SECRET)


@pytest.fixture
def provider(look_alike: Server) -> Server:
    look_alike.provider.reset()
    return look_alike


def credentials(server: Server, **values: Any) -> ClientCredentials:
    known = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET} | values
    return ClientCredentials(f"{server.url}/oneroster/token", **known)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
def test_signed_requests_are_let_in(version: str, method: str, provider: Server) -> None:
    access = Signature(CONSUMER_KEY, CONSUMER_SECRET, method)
    assert rosters(open_source(provider, version, access)) == EXPECTED


def test_a_signature_covers_what_a_link_asks_for(provider: Server) -> None:
    provider.provider.switches.cursor = True
    assert rosters(open_source(provider, access=Signature(CONSUMER_KEY, CONSUMER_SECRET))) == (
        EXPECTED
    )


def test_a_request_that_is_tried_again_is_signed_anew(provider: Server) -> None:
    """Providers refuse a nonce that they have seen."""
    provider.provider.switches.fails_after = 0
    source = open_source(provider, access=Signature(CONSUMER_KEY, CONSUMER_SECRET))
    assert len(source.schools()) == 2


def test_the_signature_is_that_of_the_oauth_specifications_example() -> None:
    oauth = {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_nonce": "kllo9940pd9333jh",
        "oauth_timestamp": "1191242096",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_version": "1.0",
    }
    url = "http://photos.example.net:80/photos?file=vacation.jpg&size=original"
    key = b"kd94hf93k423kf44&pfkkdhi9sl3r4s00"
    signed = signature("HMAC-SHA1", "GET", url, oauth.items(), key)
    assert signed == "tR3+Ty81lMeYAr/Fid0kMTYa/WM="


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_token_is_had_for_id_and_secret(version: str, provider: Server) -> None:
    access = credentials(provider, scope=SCOPES[version])
    assert rosters(open_source(provider, version, access)) == EXPECTED


def test_one_token_does_for_a_whole_pull(provider: Server) -> None:
    rosters(open_source(provider, access=credentials(provider)))
    assert len(provider.provider.gate.given) == 1


def test_a_token_that_runs_out_on_the_way_is_renewed(provider: Server) -> None:
    provider.provider.switches.expires_tokens_after = 5
    assert rosters(open_source(provider, access=credentials(provider))) == EXPECTED
    assert len(provider.provider.gate.given) > 1


def test_a_fresh_token_that_is_refused_is_an_error_after_one_more_try(provider: Server) -> None:
    provider.provider.switches.expires_tokens_after = 0
    with pytest.raises(AccessRefused):
        open_source(provider, access=credentials(provider)).schools()
    assert len(provider.provider.gate.given) == 2


def test_a_wrong_secret_is_told_as_such(provider: Server) -> None:
    with pytest.raises(AccessRefused, match="refuses our client id and secret"):
        open_source(provider, access=credentials(provider, client_secret="wrong")).schools()


@pytest.mark.parametrize(
    "access", [StaticToken("wrong"), Signature("wrong", "wrong"), Signature(CONSUMER_KEY, "wrong")]
)
def test_wrong_credentials_are_refused(access: Access, provider: Server) -> None:
    with pytest.raises(AccessRefused, match="The OneRoster provider refuses"):
        open_source(provider, access=access).schools()
    assert len(provider.provider.requests) == 1


def test_an_address_that_gives_no_tokens_is_an_error(provider: Server) -> None:
    access = ClientCredentials(f"{provider.url}/nowhere", CLIENT_ID, CLIENT_SECRET)
    with pytest.raises(SourceError, match="gives no tokens at http"):
        open_source(provider, access=access).schools()


@pytest.mark.parametrize(
    ("switch", "value"),
    [("failure_status", 500), ("failure_status", 400), ("failure_status", 401)],
)
def test_secrets_are_in_no_error_and_in_no_repr(switch: str, value: int, provider: Server) -> None:
    ways: list[Access] = [
        StaticToken(STATIC_TOKEN),
        credentials(provider),
        Signature(CONSUMER_KEY, CONSUMER_SECRET),
    ]
    for access in ways:
        provider.provider.reset()
        provider.provider.switches.fails_after, provider.provider.switches.failures = 2, 1000
        setattr(provider.provider.switches, switch, value)
        with pytest.raises(SourceError) as error:
            open_source(provider, access=access).pull([HILL], silent)
        told = f"{error.value!r} {error.value.__cause__!r} {access!r} {Provider('', access, '')!r}"
        assert not any(secret in told for secret in (*SECRETS, *provider.provider.gate.given))


def test_a_provider_that_is_not_there_is_down() -> None:
    with running() as gone:
        pass
    for access in (StaticToken(STATIC_TOKEN), credentials(gone)):
        with pytest.raises(SourceDown):
            open_source(gone, access=access).schools()


def test_a_provider_that_leads_into_our_own_network_is_not_asked(provider: Server) -> None:
    """Whatever its name led to when it was connected."""
    ways: list[Access] = [StaticToken(STATIC_TOKEN), credentials(provider)]
    for access in ways:
        with pytest.raises(SourceError, match="is not on the internet") as error:
            open_source(provider, access=access, allowed=()).schools()
        assert "Nothing was changed here" in error.value.message
    assert provider.provider.requests == []
    assert provider.provider.gate.given == {}


def test_a_name_that_leads_inside_after_it_was_checked_reaches_nothing(
    provider: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS says a public address when it is connected, and another one at night."""
    port = int(provider.url.rpartition(":")[2])
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["8.8.8.8", "127.0.0.1"]])

    def resolve(host: str, asked: int, **_: object) -> list[tuple[object, ...]]:
        found = next(answers) if host == "rebind.example" else [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, asked)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *_, **__: resolve(host, port))
    outbound.check_url("https://rebind.example/ims/oneroster/v1p1", ())
    at = Provider(f"http://rebind.example:{port}{V1P2}", StaticToken(STATIC_TOKEN), "or7")
    for _ in range(2):
        source = OneRosterSource(at, TODAY, sleep=lambda seconds: None)
        with pytest.raises(SourceError, match=r"“rebind\.example” is not on the internet"):
            source.schools()
    assert provider.provider.requests == []


def test_a_name_that_nobody_knows_tonight_is_a_source_that_is_down() -> None:
    at = Provider("https://nowhere.invalid/ims/oneroster/v1p1", StaticToken(STATIC_TOKEN), "or7")
    with pytest.raises(SourceDown):
        OneRosterSource(at, TODAY, sleep=lambda seconds: None).schools()

"""python -m roster_dash.sandbox: serve it, and change a running one from the command line."""

import json
import signal
import sys
import threading
import urllib.error
import urllib.request
from typing import Any

import click

from roster_dash.sandbox.server import running

url_option = click.option("--url", default="http://127.0.0.1:8100", show_default=True)


@click.group()
def main() -> None:
    """A Clever look-alike with a made-up district."""


@main.command()
@click.option("--port", default=8100, show_default=True)
@click.option("--smtp-port", default=8125, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--schools", default=3, show_default=True)
@click.option("--districts", default=1, show_default=True)
@click.option("--size", type=int, help="Students of each school.")
def serve(
    port: int, smtp_port: int, seed: int, schools: int, districts: int, size: int | None
) -> None:
    """Serve until stopped."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    options: dict[str, Any] = {"seed": seed, "schools": schools, "districts": districts}
    with running(port, smtp_port, **options, size=size) as server:
        click.echo(f"Sandbox Clever on {server.url}, SMTP on port {server.smtp_port}")
        stop.wait()


@main.command()
@url_option
def state(url: str) -> None:
    """The districts, their tokens and schools."""
    _show(_ask(url, "GET", "state"))


@main.group()
def fault() -> None:
    """Faults to switch on and off."""


@fault.command("list")
@url_option
def list_faults(url: str) -> None:
    _show(_ask(url, "GET", "faults"))


@fault.command("on")
@click.argument("name")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
@url_option
def switch_on(name: str, values: tuple[str, ...], url: str) -> None:
    """path=, page= and times= say which requests; other values are the fault's own."""
    _show(_ask(url, "POST", "faults", {"name": name} | _pairs(values)))


@fault.command("off")
@click.argument("name", default="")
@url_option
def switch_off(name: str, url: str) -> None:
    _show(_ask(url, "DELETE", f"faults?name={name}"))


@main.command()
@click.option("--days", type=int, help="Let so many days pass.")
@click.option("--next-year", is_flag=True, help="Go to the next school year.")
@click.argument("act", default="")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
@url_option
def time(days: int | None, next_year: bool, act: str, values: tuple[str, ...], url: str) -> None:
    """Let time pass, or do one ACT."""
    if days is not None:
        sent: dict[str, Any] = {"days": days}
    else:
        sent = {"next_year": True} if next_year else {"act": act} | _pairs(values)
    _show(_ask(url, "POST", "time", sent))


@main.command()
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
@url_option
def share(values: tuple[str, ...], url: str) -> None:
    """staff=, contacts=, terms= (true or false), schools= and sections= (JSON lists or null)."""
    _show(_ask(url, "POST", "sharing", _pairs(values)))


def _pairs(words: tuple[str, ...]) -> dict[str, Any]:
    pairs = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise click.UsageError(f"{word} is not KEY=VALUE")
        try:
            pairs[key] = json.loads(value)
        except ValueError:
            pairs[key] = value
    return pairs


def _ask(url: str, method: str, path: str, sent: dict[str, Any] | None = None) -> Any:
    body = json.dumps(sent).encode() if sent is not None else None
    asked = urllib.request.Request(  # noqa: S310 - the address its user typed
        f"{url}/_sandbox/{path}", body, {"Content-Type": "application/json"}, method=method
    )
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise click.ClickException(error.read().decode()) from None
    except OSError as error:
        raise click.ClickException(f"no sandbox answers at {url}: {error}") from None


def _show(document: Any) -> None:
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    click.echo()


if __name__ == "__main__":
    main()

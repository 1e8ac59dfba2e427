"""Prometheus' page: what is going on, in numbers. It knows neither names nor ids."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from roster_dash import clock, jobs, rate_budget
from roster_dash.config import current_config
from roster_dash.roster.health import State, health_of
from roster_dash.store import numbers
from roster_dash.store.glance import facts_of

_QUANTILES = (0.5, 0.95, 1.0)


def page() -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collector())
    return generate_latest(registry)


class _Collector(Collector):
    def collect(self) -> Iterable[Metric]:
        yield from _of_runs(numbers.collect())
        yield from _of_schools()
        yield from _of_clever()
        yield from _of_processes()


def _of_runs(found: numbers.Numbers) -> Iterator[Metric]:
    yield _by("runs", "Runs: queued, running, or ended within a day", "status", found.runs)
    yield _by(
        "run_seconds",
        "How long the runs of the last day were at work",
        "quantile",
        {f"{share:g}": _quantile(found.seconds, share) for share in _QUANTILES},
    )
    yield _one("queue_age_seconds", "Age of the oldest queued run", found.queue_age or 0)
    yield _one("held", "Changes that wait for a decision", found.held)
    yield _by("mails", "Mails: waiting, failed, or sent within a day", "status", found.mails)
    yield _one("mail_age_seconds", "For how long the oldest mail has been due", found.mail_age or 0)
    yield _one("districts_down", "Districts whose source doesn't answer", found.districts_down)


def _of_schools() -> Iterator[Metric]:
    now = clock.now()
    every = [
        facts_of(glance, is_linked=is_linked, next_at=next_at, missed=missed, now=now)
        for is_linked, next_at, missed, glance in numbers.glances()
    ]
    states = Counter(health_of(facts, now).state for facts in every)
    shown = {state.key: states.get(state, 0) for state in State}
    yield _by("schools", "Schools by state", "state", shown)
    goods = [facts.last_good for facts in every if facts.last_good and facts.is_behind]
    oldest = (now - min(goods, default=now)).total_seconds()
    yield _one(
        "freshness_seconds", "Age of the oldest last good sync, of schools that are behind", oldest
    )


def _of_clever() -> Iterator[Metric]:
    counted = rate_budget.counted(current_config())
    if counted is None:
        return
    for name, about, number in (
        ("clever_requests", "Requests to Clever", counted[0]),
        ("clever_refusals", "Answers of Clever with status 429", counted[1]),
    ):
        metric = CounterMetricFamily(f"roster_dash_{name}", about)
        metric.add_metric((), number)
        yield metric


def _of_processes() -> Iterator[Metric]:
    health = jobs.health()
    yield _one("queue_up", "Whether Redis answers", int(health["queue"]))
    yield _one("scheduler_up", "Whether a scheduler is alive", int(health["scheduler"]))
    yield _one("workers", "Workers that are alive", health["workers"] or 0)


def _one(name: str, about: str, number: float) -> Metric:
    return GaugeMetricFamily(f"roster_dash_{name}", about, value=number)


def _by(name: str, about: str, label: str, found: Mapping[str, float]) -> Metric:
    metric = GaugeMetricFamily(f"roster_dash_{name}", about, labels=(label,))
    for value, number in found.items():
        metric.add_metric((value,), number)
    return metric


def _quantile(ascending: Sequence[float], share: float) -> float:
    if not ascending:
        return 0.0
    return ascending[min(len(ascending) - 1, int(len(ascending) * share))]

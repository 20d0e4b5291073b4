"""What Prometheus can see of a bot: counts and times, and how old each secret is, by its name in the catalog; never a
value, nor a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

ACKNOWLEDGED = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0)
"""Seconds; Slack shows people an error after three."""


@dataclass(frozen=True)
class Gauge:
    """`values` are by the labels' values, in the order of `labels`: without labels, one under an empty tuple."""

    name: str
    words: str
    values: Mapping[tuple[str, ...], float]
    labels: tuple[str, ...] = ()


class Metrics:
    """One process's metrics, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._operations = Counter(
            "bot_operations", "Operations ended, by kind and result", ["operation", "result"], registry=self._registry
        )
        self._acknowledged = Histogram(
            "bot_slack_acknowledgement_seconds",
            "From a request of Slack to its acknowledgement",
            buckets=ACKNOWLEDGED,
            registry=self._registry,
        )

    def operation(self, operation: str, result: str) -> None:
        """Counts an operation that ended; `result` is ok, retried or failed."""
        self._operations.labels(operation, result).inc()

    def acknowledged(self, seconds: float) -> None:
        self._acknowledged.observe(seconds)

    def watch(self, facts: Callable[[], Iterable[Gauge]]) -> None:
        """Adds gauges that are asked for at each scrape. What cannot be told is left out, not shown as zero."""
        self._registry.register(_Facts(facts))

    def text(self) -> str:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry).decode()


@dataclass(frozen=True)
class _Facts:
    facts: Callable[[], Iterable[Gauge]]

    def collect(self) -> Iterator[Metric]:
        for each in self.facts():
            gauge = GaugeMetricFamily(each.name, each.words, labels=each.labels)
            for labels, value in each.values.items():
                gauge.add_metric(labels, value)
            yield gauge

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: registering must not ask the database."""
        return iter(())

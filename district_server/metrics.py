"""Figures for Prometheus: how the server does, never about whom."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

State = Callable[[], dict[str, dict[str, float]]]
"""Gauge → label → figure, asked when somebody looks."""


class Metrics:
    """The figures of one process."""

    def __init__(self, state: State) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "motcua_requests", "Requests answered", ["route", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "motcua_request_seconds",
            "Time to answer",
            ["route"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self._registry,
        )
        self.bytes = Counter(
            "motcua_body_bytes", "Bytes of bodies", ["route", "way"], registry=self._registry
        )
        self._registry.register(_Asked(state))

    def text(self) -> bytes:
        """In Prometheus' own form."""
        return generate_latest(self._registry)


class _Asked:
    """Gauges that are read from the database when they are asked for."""

    def __init__(self, state: State) -> None:
        self._state = state

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        for name, figures in self._state().items():
            family = GaugeMetricFamily(f"motcua_{name}", name.replace("_", " "), labels=["state"])
            for label, figure in figures.items():
                family.add_metric([label], figure)
            yield family

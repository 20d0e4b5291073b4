"""Metrics in Prometheus's text format."""

from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import Gauge, Metrics


def samples(metrics):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.text())
        for sample in family.samples
    }


def test_operations_are_counted_by_kind_and_result():
    metrics = Metrics()
    metrics.operation("revoke", "ok")
    metrics.operation("revoke", "ok")
    metrics.operation("issue", "failed")
    found = samples(metrics)
    assert found["bot_operations_total", (("operation", "revoke"), ("result", "ok"))] == 2
    assert found["bot_operations_total", (("operation", "issue"), ("result", "failed"))] == 1


def test_acknowledgements_are_a_histogram():
    metrics = Metrics()
    metrics.acknowledged(0.02)
    found = samples(metrics)
    assert found["bot_slack_acknowledgement_seconds_count", ()] == 1
    assert found["bot_slack_acknowledgement_seconds_bucket", (("le", "0.01"),)] == 0
    assert found["bot_slack_acknowledgement_seconds_bucket", (("le", "0.025"),)] == 1


def test_facts_are_asked_for_at_each_scrape_and_not_before():
    asked = []
    metrics = Metrics()
    metrics.watch(lambda: asked.append(1) or [Gauge("bot_open_incidents", "Open incidents", {(): len(asked)})])
    assert not asked
    assert samples(metrics)["bot_open_incidents", ()] == 1
    assert samples(metrics)["bot_open_incidents", ()] == 2


def test_two_processes_parts_do_not_share_counts():
    one, other = Metrics(), Metrics()
    one.operation("revoke", "ok")
    assert not [key for key in samples(other) if key[0] == "bot_operations_total"]

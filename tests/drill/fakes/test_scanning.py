"""The fake of GitHub's secret scanning answers as its published OpenAPI file says."""

from datetime import UTC, datetime, timedelta

from bot.drill.fakes.scanning import FakeGithubScanning
from bot.drill.fakes.serving import Served
from bot.net.http import Http
from bot.news.sources.github import GithubAlerts
from tests.support.contracts import Exchanges, needs_contract


@needs_contract("github")
def test_what_the_bot_asks_and_is_answered_is_as_documented():
    fake = FakeGithubScanning({"acme/app": False}, {"acme"})
    places = ("/repos/{owner}/{repo}", "/repos/acme/app", "/orgs/{org}", "/orgs/acme")
    exchanges = Exchanges(fake.application, "github", only=tuple(f"{place}/secret-scanning" for place in places))
    alert = fake.find("acme/app", "a-value", public=True)
    with Served(fake.application) as served:
        source = GithubAlerts(("acme/app",), fake.token, Http("github", served.url, timeout=5))
        [listed] = filter(None, source.listed(None))
        assert [one.ref for one in filter(None, source.listed(datetime.now(UTC) - timedelta(hours=1)))] == [listed.ref]
        found = source.look(listed.ref)
        assert (found.where, found.public, found.ended) == ("src/config.py:12", True, "")
        fake.changes(alert, state="resolved", resolution="revoked")
        assert source.look(listed.ref).ended == "revoked"
    # The file calls the number read-only, and then wants it in the path.
    assert [one for one in exchanges.breaches if "Tried to write read-only property" not in one] == []
    assert {one.split()[0] for one in exchanges.seen} == {"GET"}

"""A leaked `.env`: a drill over every secret of the catalog, as a real process."""

import pytest

from bot.drill.sites import SITES
from bot.providers import provider_names
from tests.support.drills import drill

pytestmark = pytest.mark.process


def test_everything_is_dead_and_live_and_what_was_left_alone_is_said(tmp_path):
    with drill(tmp_path / "drill", "--all") as running:
        status, document, err = running.run()
    assert (status, document["state"]) == (0, "closed"), err
    secrets = {secret["name"]: secret for secret in document["secrets"]}
    left = {each["name"]: each["reason"] for each in document["left_alone"]}
    assert set(secrets) | set(left) == {name for site in SITES for name in site.secrets}
    assert left.pop("supabase-anon-key") == "public by design: nobody asked for it"
    assert all("no wheel" in reason for reason in left.values())
    assert {(secret["old"], secret["new"], secret["access"]) for secret in secrets.values()} == {
        ("dead", "live", "contained")
    }
    assert {secret["provider"] for secret in secrets.values()} == set(provider_names())
    assert len(document["approvals"]) == 1
    assert document["leaks"]["hits"] == 0

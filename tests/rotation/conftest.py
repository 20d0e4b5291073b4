"""One practice account a module, providers made afresh; every test ends with a look at the bystanders."""

from contextlib import ExitStack

import pytest

from bot.incident.model import Strategy
from bot.model.probes import Liveness
from bot.providers.contract import Controls
from tests.providers.harnesses import HARNESSES
from tests.support.aws import running_front
from tests.support.rotation import Account, Harness, entry_for


@pytest.fixture(scope="module")
def account():
    """A module's: moto keeps one world a process, and other folders want it empty."""
    with running_front(put_rate=100_000, put_burst=100_000) as front:
        yield Account(front)


@pytest.fixture
def rig_of(account):
    """Makes a harness with the named providers, each in a world of its own."""
    with ExitStack() as stack:
        made = []

        def make(*names, **more):
            harness = Harness(account, {name: stack.enter_context(HARNESSES[name]()) for name in names}, **more)
            made.append(harness)
            return harness

        yield make
        for harness in made:
            account.front.faults.clear()
            _bystanders_live(harness)


def _bystanders_live(harness):
    for name, provider in harness.providers.items():
        if hasattr(provider.world, "faults"):
            provider.world.faults.clear()
        if name not in getattr(harness, "sacrificed", ()):
            answer = provider.provider.probe(provider.sibling)
            assert answer.liveness is Liveness.LIVE, f"{name}: a bystander was revoked"
        if isinstance(provider.provider, Controls):
            assert provider.provider.control().liveness is Liveness.LIVE, f"{name}: the admin credential was revoked"


@pytest.fixture
def chain(rig_of):
    """A harness with one secret of a provider, declared and approved."""

    def make(provider, strategy=Strategy.KILL_FIRST, **changes):
        harness = rig_of(provider)
        entry = entry_for(provider, **changes)
        harness.store(entry)
        harness.declare(entry, strategy=strategy)
        return harness, entry

    return make

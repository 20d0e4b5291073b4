"""What a provider's harness is, and how one over HTTP is built. Each provider's stands in a file beside this."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.net.http import Http
from bot.providers import PROVIDERS
from bot.providers.contract import Setup
from bot.secrets.secret import Credential, Secret
from tests.support.clock import Clock
from tests.support.contracts import Exchanges

PROPAGATION = 30.0
TIMEOUT = 5.0
IMPATIENT, NOTHING_COMES = 0.3, 0.1
HTTP_EFFECTS = ("429", "429-after", "500", "down", "html", "reset", "silence")


def patience(effect: str) -> float:
    """The time-out under a fault (seconds): where no answer comes at all, or not that of one call, none is waited for
    for long.
    """
    if effect == "silence":
        return NOTHING_COMES
    return IMPATIENT if effect.endswith(("silence", "timeout", "endless")) else TIMEOUT


def setup(name, url="", *, admin=None, options=None, timeout=TIMEOUT, hosts=()) -> Setup:
    """What the composition root would give, with every host of the card at `url`."""
    return Setup(
        options=options or {},
        http=lambda _role: Http(name.partition("/")[0], url, timeout=timeout),
        admin=(lambda: Secret(admin)) if admin else None,
        timeout=timeout,
        hosts=hosts,
    )


@dataclass
class Harness:
    """`old` and `sibling` are live; a provider without `admin` can do less, see `capabilities`.

    `fault(effect)` gives a provider that meets this fault at every call, and a live credential to ask it about.
    """

    name: str
    """Its key in the registry."""
    provider: object
    old: Credential
    old_id: str
    sibling: Credential
    effects: tuple[str, ...]
    fault: Callable[[str], object]
    stray: Credential
    """Well-formed, and never existed."""
    unclear: tuple[Credential, ...] = ()
    """Made up, of the same user as `old`, and written so that asking with them fails: no answer tells of the value."""
    clock: Clock = field(default_factory=Clock)
    world: object = None
    exchanges: Exchanges | None = None
    kill_by_hand: Callable[[], None] | None = None
    make_by_hand: Callable[[], Credential] | None = None
    propagation: float = 0.0
    reconfigured: Callable[..., object] | None = None
    end_holder: Callable[[], None] | None = None
    """Deletes what holds the keys at the provider (the user, the project, the database), and them with it."""
    offline: tuple[str, ...] = ()
    """Methods that ask nobody, and so meet no fault."""
    wrong_admin: str = ""
    """A well-formed admin credential that is refused, where the stray value is none."""
    unlisted: bool = False
    """The provider lists nothing that it has made: what an interrupted making left is ended by the next one."""

    @property
    def secrets(self) -> list[str]:
        """All values that must stand in no error and no answer."""
        return [each.key.secret_part.reveal() for each in (self.old, self.sibling, self.stray)]


def http_harness(
    name, world, served, *, base="", admin, options, exchanges, old, old_id, sibling, stray, **more
) -> Harness:
    def configured(timeout=TIMEOUT, *, url=served.url + base, admin=admin, options=options, hosts=()):
        return PROVIDERS[name].configured(setup(name, url, admin=admin, options=options, timeout=timeout, hosts=hosts))

    @contextmanager
    def fault(effect):
        world.faults.inject(effect)
        try:
            yield configured(patience(effect)), old
        finally:
            world.faults.clear()

    return Harness(
        name=name,
        provider=configured(),
        old=old,
        old_id=old_id,
        sibling=sibling,
        effects=HTTP_EFFECTS,
        fault=fault,
        stray=stray,
        world=world,
        exchanges=exchanges,
        propagation=PROPAGATION,
        clock=world.clock,
        reconfigured=configured,
        **more,
    )


def key(value: str) -> Credential:
    return Credential.single(Secret(value))

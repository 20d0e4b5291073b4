"""A harness for the operations: a practice account, providers, and a loop that does what the worker does, on one clock.

Work that is not about secrets (channel, page, report) is answered at once. Whatever happens, the harness asserts that
no value stands in any event or error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from moto.core.models import DEFAULT_ACCOUNT_ID
from msgspec import structs

from bot.consumers.aws_lambda.functions import LambdaConsumers
from bot.drill.fakes.aws import REGION
from bot.drill.fakes.aws_moto import ssm_backends
from bot.errors import OutsideError
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.closing.open_items import acceptable, left_digest
from bot.incident.codec import decode, encode
from bot.incident.decide import decide
from bot.incident.evolve import evolve
from bot.incident.lanes import FALLBACK_LANE
from bot.incident.model import BOT, Actor, Right, Strategy, Target, TargetKind
from bot.incident.operations import Claim, Op, Work
from bot.incident.schedule import due, pending
from bot.incident.state import Incident, SecretState
from bot.model.playbooks import Action, Playbook, PlaybookStep
from bot.model.secrets import Consumer, Outage, Part, SecretEntry
from bot.model.timings import Timings
from bot.net.limits import Bucket
from bot.providers import PROVIDERS, capabilities
from bot.rotation import HANDLERS, Job, Tools
from bot.secrets.secret import Credential, Secret
from bot.usage.contract import Granted, Readable, Usage
from bot.vault.ssm import SsmVault
from bot.worker.retries import failed
from tests.providers.harness import Harness as ProviderHarness
from tests.providers.supabase.harness import PROJECT
from tests.support.aws import BOT as BOT_NAME
from tests.support.aws import furnished
from tests.support.consents import shown

INCIDENT = "inc_ab12cd"
ADA = Actor("ada", frozenset({Right.RESPOND, Right.COMMAND}))
BEN = Actor("ben", frozenset({Right.RESPOND, Right.APPROVE, Right.COMMAND}))
TIMINGS = Timings(confirm=10, retry_for=120, overlap=60, sweep_wait=20, watch=30)
STAGING_KEY = "alias/staging"
PARAMETERS = {
    "openai": "/production/openai-api-key",
    "sendgrid": "/production/sendgrid-api-key",
    "stripe": "/production/stripe-secret-key",
    "redis": "/production/redis-url",
    "postgres": "/production/database-url",
    "elevenlabs": "/production/elevenlabs-api-key",
    "supabase": "/production/supabase-key",
    "github": "/production/github-token",
}
OPTIONS = {
    "openai": {"project": "proj_a", "service_account": "svc_a"},
    "elevenlabs": {"service_account": "svc_a"},
    "supabase": {"project": PROJECT},
}


class Died(BaseException):
    """The worker was killed: nothing after this happens in it."""


class LostLock(Exception):
    """What `still_mine` raises."""


class NoUsage:
    """CloudTrail has its own tests; here nobody has read anything."""

    def reads(self, parameters, since, until):
        return Usage("nothing", since, until, (), ("everything",))


class NoGrants:
    """IAM has its own tests; here nobody can read anything."""

    def grants(self, parameters):
        return Granted("111122223333", ())

    def readable(self, user, parameters):
        return Readable()


class Grim:
    """Counts calls to the outside and, after (or instead of) the chosen one, raises."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.armed: Callable[[str, int], BaseException | None] = lambda _name, _number: None
        self.instead = False

    def call(self, name, carry_out):
        self.calls.append(name)
        error = self.armed(name, len(self.calls))
        if error is not None and self.instead:
            raise error
        result = carry_out()
        if error is not None:
            raise error
        return result

    def after(self, name: str, error: BaseException, *, nth: int = 1, times: int = 1) -> None:
        """After the n-th call of this name from now (and the following `times` - 1) `error` is raised."""
        seen = [0]

        def armed(called, _number):
            if called != name:
                return None
            seen[0] += 1
            return error if nth <= seen[0] < nth + times else None

        self.armed, self.instead = armed, False

    def instead_of(self, name: str, error: BaseException, *, nth: int = 1, times: int = 1) -> None:
        """The same, and the call is not carried out."""
        self.after(name, error, nth=nth, times=times)
        self.instead = True

    def after_call(self, number: int, error: BaseException) -> None:
        self.calls.clear()
        self.armed, self.instead = (lambda _name, at: error if at == number else None), False

    def rest(self) -> None:
        self.armed = lambda _name, _number: None


def mortal(target, kind: str, grim: Grim):
    """`target` with every public method reported to `grim` as ``kind.method``; it satisfies the same protocols."""

    def wrapped(name):
        return lambda _self, *args, **more: grim.call(f"{kind}.{name}", lambda: getattr(target, name)(*args, **more))

    names = [name for name in dir(type(target)) if not name.startswith("_") and callable(getattr(target, name))]
    members = {name: wrapped(name) for name in names}
    return type("Mortal", (), members | ({"card": target.card} if hasattr(target, "card") else {}))()


def entry_for(provider: str, **changes) -> SecretEntry:
    """A catalogued secret of `provider`, with the bot's admin credential."""
    can = capabilities(PROVIDERS[provider], admin=changes.get("admin_parameter", "/bot/admin") is not None)
    parameter = PARAMETERS[provider]
    part = "url" if parameter.endswith("-url") else "key"
    made = SecretEntry(
        name=parameter.rpartition("/")[2],
        title=provider,
        provider=provider,
        parts=(Part(part, parameter, part.upper()),),
        capabilities=can,
        options=OPTIONS.get(provider, {}),
        admin_parameter="/bot/admin",
        consumers=(Consumer("api"),),
        outage=Outage.DEGRADED,
    )
    return structs.replace(made, **changes)


class Account:
    """A practice account that all tests share, since making keys, roles and clients takes longer than most of them."""

    def __init__(self, front) -> None:
        self.front = front
        self.world = furnished(front)
        self.world.create_key("staging")
        self.world.create_function("api", {"LOG_LEVEL": "info"})
        aws = self.world.session_of(self.world.create_person(BOT_NAME))
        fast = {"reads": Bucket(10_000, 10_000), "puts": Bucket(10_000, 10_000)}
        self.vault = SsmVault(aws, staging_key=STAGING_KEY, **fast)
        self.consumers = LambdaConsumers(aws, bucket=Bucket(10_000, 10_000), sleep=lambda _seconds: None)

    def renew(self) -> None:
        """No parameters, no faults, and of functions only a fresh `api`."""
        self.front.faults.clear()
        ssm_backends[DEFAULT_ACCOUNT_ID][REGION].reset()
        functions = self.world.aws.client("lambda")
        for function in functions.list_functions()["Functions"]:
            if function["FunctionName"] != "api":
                functions.delete_function(FunctionName=function["FunctionName"])
        fresh = {"Variables": {"LOG_LEVEL": "info"}}
        functions.update_function_configuration(FunctionName="api", Environment=fresh)


@dataclass
class Harness:
    """`providers` are the standard harnesses in use, by name; `values` everything that must stand nowhere."""

    account: Account
    providers: dict[str, ProviderHarness]
    admins: dict[str, str] = field(default_factory=dict)
    others: dict[str, object] = field(default_factory=dict)
    """Test doubles of further providers."""

    def __post_init__(self) -> None:
        account = self.account
        account.renew()
        self.front, self.world, self.vault = account.front, account.world, account.vault
        self.grim = Grim()
        self.seconds = next(iter(self.providers.values())).clock if self.providers else _Clock()
        for provider in self.providers.values():
            if hasattr(provider.world, "propagation"):
                provider.world.clock, provider.world.propagation = self.seconds, 0.0
        self.tools = Tools(
            vault=mortal(self.vault, "vault", self.grim),
            consumers=mortal(account.consumers, "consumers", self.grim),
            usage=NoUsage(),
            grants=NoGrants(),
            provider=self.provider,
            clock=self.clock,
        )
        self.incident: Incident | None = None
        self.log: list[e.Recorded] = []
        self.claims: dict[str, Claim] = {}
        self.ran: list[tuple[Op, str]] = []
        self.values: set[str] = set()
        self.mine = True
        for provider in self.providers.values():
            self.values.update(provider.secrets)

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)

    def provider(self, entry: SecretEntry, timeout: float | None = None):
        if entry.provider in self.others:
            return mortal(self.others[entry.provider], entry.provider, self.grim)
        admin = {"admin": self.admins[entry.provider]} if entry.provider in self.admins else {}
        if entry.admin_parameter is None:
            admin = {"admin": None}
        made = self.providers[entry.provider].reconfigured(timeout or 5.0, options=dict(entry.options), **admin)
        return mortal(made, entry.provider, self.grim)

    # --- arranging ------------------------------------------------------------------------------------------------

    def store(self, entry: SecretEntry, *values: Credential | str) -> int:
        """Writes versions of the main part, oldest first; without any the provider harness's old key."""
        texts = [each.key.reveal() if isinstance(each, Credential) else each for each in values]
        texts = texts or [self.providers[entry.provider].old.key.reveal()]
        self.values.update(Secret(text).secret_part.reveal() for text in texts)
        return self.world.store(entry.main.parameter, *texts)

    def declare(
        self,
        *entries: SecretEntry,
        strategy: Strategy = Strategy.KILL_FIRST,
        target: Target | None = None,
        replacing: bool = True,
        timings: Timings = TIMINGS,
        public: bool = True,
    ) -> None:
        at = self.clock()
        wanted = tuple(
            c.Wanted(entry, target or Target(TargetKind.ASSUMED), strategy, "tests", replacing) for entry in entries
        )
        playbook = Playbook("secret-compromise", "A secret leaked", (PlaybookStep("all", "All", actions=(*Action,)),))
        self.tell(
            c.Declare(
                incident=INCIDENT,
                environment="production",
                title="t",
                how_noticed="n",
                public=public,
                playbook=playbook,
                timings=timings,
                secrets=wanted,
                detected_at=at,
            )
        )

    def submit(self, entry: SecretEntry, *values: str) -> None:
        """What `bot submit` does: the value goes to the inbox, then the announcement."""
        token = f"{len(self.log):016x}"
        inbox = f"/_compromise/inbox/{INCIDENT}/{entry.name}/{token}"
        for part, value in zip(entry.parts, values, strict=True):
            self.world.store(f"{inbox}/{part.name}", value, key_id=STAGING_KEY)
            self.values.add(Secret(value).secret_part.reveal())
        self.tell(c.AnnounceSubmission(entry.name, token))

    # --- what the worker does -------------------------------------------------------------------------------------

    def tell(self, body: c.Command, actor: Actor = ADA) -> tuple[e.Event, ...]:
        at = self.clock()
        events = decide(
            self.incident, c.Envelope(f"c{len(self.log)}", at, actor, c.as_command(shown(self.incident, body)))
        )
        for event in events:
            self.record(event, at, actor.name)
        refused = [event for event in events if isinstance(event, e.CommandRefused)]
        assert not refused, refused
        return events

    def close(self, actor: Actor = ADA) -> tuple[e.Event, ...]:
        """Closes over all that is open, by name, and over the steps."""
        for step in self.incident.steps:
            if not step.over:
                self.tell(c.SkipStep(step.definition.id, "tests"), actor)
        left = acceptable(self.incident)
        return self.tell(c.Close("tests", tuple(item.key for item in left), left_digest(left)), actor)

    def record(self, event: e.Event, at: datetime, actor: str) -> None:
        data = encode(event)
        self.check_secrecy(data)
        assert decode(e.kind_of(event), data) == event
        recorded = e.Recorded(len(self.log) + 1, at, actor, event)
        self.log.append(recorded)
        self.incident = evolve(self.incident, recorded)

    def check_secrecy(self, text: str) -> None:
        for value in self.values | self.made():
            assert value not in text, "a value stands in an event or error"

    def made(self) -> set[str]:
        """Values that came to be since the harness was set up."""
        found = set()
        for provider in self.providers.values():
            if hasattr(provider.world, "all_keys"):
                found |= {key.value for key in provider.world.all_keys()}
        return found

    def claim(self, work: Work) -> Claim | None:
        held = self.incident.lane(work.lane).claim
        body = c.Begin(work, "worker", held.number if held else None)
        events = self.tell(body, BOT)
        return next((event.claim for event in events if isinstance(event, e.OperationStarted)), None)

    def claim_for(self, op: Op, entry: SecretEntry, *, attempt: int = 1, detail: str = "") -> Claim:
        """A claim for an operation that nobody scheduled."""
        lane = f"{'old' if op in {Op.CAPTURE, Op.SNAPSHOT, Op.REVOKE, Op.PROVE} else 'new'}:{entry.name}"
        return Claim(self.incident.claims + 1, op, lane, entry.name, attempt, "worker", detail)

    def job(self, claim: Claim) -> Job:
        return Job(self.incident, claim, self.tools, self._still_mine)

    def _still_mine(self) -> None:
        self.grim.calls.append("still_mine")
        if not self.mine:
            raise LostLock

    def run_one(self, work: Work) -> e.Outcome | None:
        """Claims and carries out one piece of work. `Died` passes through and leaves the claim behind."""
        if work.op is Op.TICK:
            self.tell(c.Tick(), BOT)
            return None
        claim = self.claim(work)
        if claim is None:
            return None
        self.ran.append((claim.op, claim.lane))
        outcome = self.carry_out(claim)
        self.tell(c.Finish(outcome, claim.lane), BOT)
        return outcome

    def carry_out(self, claim: Claim) -> e.Outcome:
        match claim.op:
            case Op.OPEN_CHANNEL:
                return e.ChannelOpened(claim.number, "C1", "https://slack.test/C1")
            case Op.PAGE:
                second, told = claim.lane == FALLBACK_LANE, len(self.incident.milestones)
                return e.PageSent(claim.number, claim.detail, told, second, len(self.incident.alerts))
            case Op.REPORT:
                return e.ReportWritten(claim.number, "r.md", "d", "1:h", len(self.log))
            case Op.DECISIONS:
                return e.DecisionRecorded(claim.number, "d.md")
        try:
            return HANDLERS[claim.op](self.job(claim))
        except OutsideError as error:
            self.check_secrecy(str(error) + repr(error))
            return failed(self.incident, claim, error, self.clock(), lambda: 0.5)

    def take_over(self) -> None:
        """Another worker takes over every lane whose worker died, and carries the work out."""
        self.grim.rest()
        for name in [name for name, lane in self.incident.lanes.items() if lane.claim is not None]:
            held = self.incident.lane(name).claim
            work = Work(held.op, held.lane, held.subject, self.clock(), held.attempt, held.detail)
            claim = self.claim(work)
            if claim is not None:
                self.ran.append((claim.op, claim.lane))
                self.tell(c.Finish(self.carry_out(claim), claim.lane), BOT)

    def run(self, until: Callable[[Harness], object] | None = None, *, seconds: float = 900, rounds: int = 300) -> None:
        """Works, moving the clock to whatever is due next, until `until` is true or nothing is left in `seconds`."""
        end = self.clock() + timedelta(seconds=seconds)
        for _ in range(rounds):
            if until is not None and until(self):
                return
            works = pending(self.incident, self.clock())
            if works:
                self.run_one(works[0])
                continue
            at = due(self.incident, self.clock())
            if at is None or at > end:
                assert until is None, f"never came to that; failures: {self.failures()}"
                return
            self.seconds.advance((at - self.clock()).total_seconds() + 0.001)
        raise AssertionError(f"too many rounds: {[f'{op}' for op, _ in self.ran[-20:]]}, {self.failures()}")

    def settled(self, *entries: SecretEntry) -> None:
        """Runs until these secrets are dead, restored and swept, and their staging is empty."""
        names = [entry.name for entry in entries] or list(self.incident.secrets)

        def over(harness):
            return all(_over(harness.incident.secrets[name]) for name in names)

        self.run(over)

    # --- looking --------------------------------------------------------------------------------------------------

    def state(self, entry: SecretEntry) -> SecretState:
        return self.incident.secrets[entry.name]

    def events[E](self, kind: type[E]) -> list[E]:
        return [recorded.event for recorded in self.log if isinstance(recorded.event, kind)]

    def failures(self) -> list[str]:
        return [f"{failure.op}: {failure.message}" for failure in self.events(e.OperationFailed)]

    def current(self, entry: SecretEntry) -> Credential:
        return Credential.single(self.vault.read(entry.main.parameter).value, entry.main.name)

    def labels(self, parameter: str) -> dict[str, int]:
        return {label: version.number for version in self.vault.history(parameter) for label in version.labels}

    def staged(self) -> list[str]:
        return self.vault.staged("/_compromise")

    def liveness(self, entry: SecretEntry, credential: Credential) -> str:
        self.grim.rest()
        return str(self.provider(entry).probe(credential).liveness)


def _over(secret: SecretState) -> bool:
    new = secret.new
    cleared = new.unstaged or not new.staged
    return secret.gone and secret.in_place and new.sweep_at is None and all(new.orphans.values()) and cleared


class _Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def live_made(harness: Harness, entry: SecretEntry) -> list[str]:
    """What the bot made for this secret and is accepted: names or ids of keys, or the passwords of the Redis user."""
    world = harness.providers[entry.provider].world
    if entry.provider == "redis":
        user = world.execute_command("ACL", "GETUSER", "app")
        fields = user if isinstance(user, dict) else dict(zip(user[::2], user[1::2], strict=True))
        return list(fields["passwords"])
    return [key.name for key in world.live_keys() if key.name.startswith(INCIDENT)]


def assert_finished(harness: Harness, entry: SecretEntry) -> None:
    """Dead, restored, exactly one live value made, the parameter holds it, nothing is left in staging."""
    harness.grim.rest()
    secret, current = harness.state(entry), harness.current(entry)
    assert secret.gone
    assert secret.in_place
    assert current.fingerprint == secret.new.fingerprint
    assert harness.liveness(entry, current) == "live"
    assert harness.liveness(entry, harness.providers[entry.provider].old) == "dead"
    assert len(live_made(harness, entry)) == 1
    assert harness.staged() == []
    labels = harness.labels(entry.main.parameter)
    assert labels["current"] == max(version.number for version in harness.vault.history(entry.main.parameter))
    assert labels["previous"] == 1

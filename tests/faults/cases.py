"""The matrix: which fault at which place, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from urllib.parse import urlsplit

from bot.incident import commands as c
from bot.incident.lanes import PAGE_LANE, new_lane, old_lane
from bot.incident.model import Old, Strategy
from tests.faults.running import Case, Ends, Scene, failed
from tests.support.faulty import Gate
from tests.support.practice import OPENAI, REDIS, SENDGRID, STRIPE

PARAMETER = "/production/openai-api-key"
PROVIDERS = {"openai": OPENAI, "sendgrid": SENDGRID, "stripe": STRIPE}
WORDS = {
    "429": "429 without Retry-After",
    "429-after": "429 with Retry-After",
    "500": "HTTP 500",
    "down": "connection cut at once",
    "reset": "connection cut before the answer, request carried out",
    "html": "an answer that is HTML",
    "silence": "silence, nothing carried out",
    "timeout": "silence, request carried out",
}
SHOWN = {"429": "HTTP 429", "429-after": "HTTP 429", "500": "HTTP 500", "down": "the connection failed or was cut",
         "reset": "the connection failed or was cut", "html": "not the documented JSON",
         "silence": "no answer within 1 s", "timeout": "no answer within 1 s"}  # fmt: skip


def _counted(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def captured(secret):
    return lambda incident: incident.secrets[secret].old.snapshot_at


def inject(place, fault, times=None):
    def act(scene: Scene) -> None:
        _faults(scene, place).inject(fault, times)

    return act


def lift(place):
    return lambda scene: _faults(scene, place).clear()


def _faults(scene: Scene, place: str):
    return scene.world.front.faults if place == "aws" else getattr(scene.world, place).faults


def _whole_provider() -> Iterator[Case]:
    """Everything that is asked of a provider is answered by the fault: a few times, or until it is lifted."""
    short = {("openai", "500", 2), ("sendgrid", "429-after", 2), ("sendgrid", "down", None)}
    for place, secret in PROVIDERS.items():
        for fault, words in WORDS.items():
            times = 1 if fault in {"silence", "timeout"} else 2
            yield Case(place, f"{words}, {_counted(times)}", secret, inject(place, fault, times),
                       in_short=(place, fault, times) in short)  # fmt: skip
        for fault in ("429", "429-after", "500", "down", "html", "silence"):
            yield Case(place, f"{WORDS[fault]}, until lifted", secret, inject(place, fault), Ends.BY_RETRY, lift(place),
                       SHOWN[fault] if place != "stripe" else "", in_short=(place, fault, None) in short,
                       trouble=any_failure if place == "stripe" else None)  # fmt: skip


def _after_capture() -> Iterator[Case]:
    """The same once the key is known: what fails is making and revoking."""
    for place, secret in (("openai", OPENAI), ("sendgrid", SENDGRID)):
        for fault in ("500", "down", "silence"):
            yield Case(place, f"{WORDS[fault]} when the key is known, until lifted", secret, inject(place, fault),
                       Ends.BY_RETRY, lift(place), SHOWN[fault], when=captured(secret))  # fmt: skip


def _single_calls() -> Iterator[Case]:
    """In short tests/worker/test_worker.py has revocations that fail for good, and that change nothing."""
    for place, secret in (("openai", OPENAI), ("sendgrid", SENDGRID)):
        for fault in ("timeout", "reset"):
            yield Case(place, f"create: {WORDS[fault]}, once", secret, inject(place, f"create-{fault}", 1),
                       in_short=(place, fault) == ("sendgrid", "timeout"))  # fmt: skip
            yield Case(place, f"revoke: {WORDS[fault]}, once", secret, inject(place, f"revoke-{fault}", 1))
        yield Case(place, "create: HTTP 500, until lifted", secret, inject(place, "create-500"), Ends.BY_RETRY,
                   lift(place), "HTTP 500", new_lane(secret))  # fmt: skip
        yield Case(place, "create: cut before the answer, until lifted", secret, inject(place, "create-reset"),
                   Ends.BY_RETRY, lift(place), "", new_lane(secret))  # fmt: skip
        for fault in ("500", "429", "silence", "html"):
            says = SHOWN[fault] if fault != "html" else ""
            yield Case(place, f"revoke: {WORDS[fault]}, until lifted", secret, inject(place, f"revoke-{fault}"),
                       Ends.BY_RETRY, lift(place), says, old_lane(secret))  # fmt: skip
        yield Case(place, "revoke: accepted, and the key still works", secret, inject(place, "revoke-ignored"),
                   Ends.BY_RETRY, lift(place), trouble=_overdue(secret))  # fmt: skip
        yield Case(place, "revoke: accepted, and the key still works for two seconds", secret, _spreads(place))
        yield Case(place, "revoke: accepted, lives on for a while; overlap", secret, _spreads(place),
                   strategy=Strategy.OVERLAP)  # fmt: skip
    yield Case("openai", "a live key refused for its address", OPENAI, inject("openai", "probe-ip-not-authorized"))
    yield Case("sendgrid", "a live key refused for want of credits", SENDGRID, inject("sendgrid", "probe-credits"),
               Ends.BY_RETRY, lift("sendgrid"), lane=new_lane(SENDGRID), finish=_attest(SENDGRID),
               old=Old.ATTESTED)  # fmt: skip


def _overdue(secret):
    return lambda incident: incident.secrets[secret].old.overdue


def _spreads(place):
    def act(scene: Scene) -> None:
        getattr(scene.world, place).propagation = 2.0

    return act


def _attest(secret):
    """Its probe never saw it alive, so nothing can be proven: a person looks at the console and vouches for it."""

    def act(scene: Scene) -> None:
        end = time.monotonic() + 90
        while scene.state.secrets[secret].old_state is not Old.UNPROVEN:
            assert time.monotonic() < end, scene.state.secrets[secret].old_state
            time.sleep(0.05)
        assert not scene.world.do(scene.incident, c.AttestDeath(secret, "gone from the console")).refused

    return act


def _redis() -> Iterator[Case]:
    words = {"refused": "connection refused", "cut": "connection cut at once",
             "reset": "connection cut before the answer, command carried out", "silence": "silence",
             "html": "an answer that is HTML"}  # fmt: skip
    for how, said in words.items():
        if how != "refused":
            yield Case(
                "redis", f"{said}, 2 times", REDIS, lambda s, how=how: s.gate.close(how, 2), in_short=how == "cut"
            )
        yield Case("redis", f"{said}, until lifted", REDIS, lambda s, how=how: s.gate.close(how), Ends.BY_RETRY,
                   lambda s: s.gate.open(), in_short=how == "silence")  # fmt: skip
        yield Case("redis", f"{said} when the user is known, until lifted", REDIS,
                   lambda s, how=how: s.gate.close(how), Ends.BY_RETRY, lambda s: s.gate.open(),
                   when=captured(REDIS))  # fmt: skip


# --- surroundings ---------------------------------------------------------------------------------------------------


def _aws_for_a_while() -> Iterator[Case]:
    def aws(words, fault, times, **more):
        return Case("aws", f"{words}, {_counted(times)}", OPENAI, inject("aws", fault, times), **more)

    yield aws("SSM throttled", "ssm-throttled", 3)
    yield aws("SSM throttled when the key is known", "ssm-throttled", 3, when=captured(OPENAI))
    yield aws("Lambda mid-update", "lambda-update-busy", 2, in_short=True)
    yield aws("Lambda throttled", "lambda-throttled", 3)
    yield aws("someone else updates the function just before", "lambda-raced", 2)
    yield aws("an update of a function fails", "lambda-update-fails", 1)
    yield aws("every call: HTTP 500", "500", 2)
    yield aws("every call: connection cut at once", "down", 2)
    yield aws("PutParameter: cut before the answer, carried out", "ssm-put-reset", 1)
    yield aws("PutParameter: silence, carried out", "ssm-put-timeout", 1)


def _aws_until_lifted() -> Iterator[Case]:
    def aws(words, fault, says, **more):
        usual = {"trouble": any_failure, "says": says}
        return Case("aws", f"{words}, until lifted", OPENAI, inject("aws", fault), Ends.BY_RETRY, lift("aws"),
                    **(usual | more))  # fmt: skip

    known = {"when": captured(OPENAI), "alone": True}
    yield aws("KMS denied", "kms-denied", "the KMS key", alone=True, in_short=True)
    yield aws("KMS denied when the key is known", "kms-denied", "the KMS key", **known)
    yield aws("SSM throttled", "ssm-throttled", "ThrottlingException", alone=True)
    yield aws("SSM denied when the key is known", "ssm-denied", "permission", **known)
    yield aws("session expired when the key is known", "token-expired", "session has expired", **known)
    yield aws("writes declined", "ssm-put-refused", "ValidationException", alone=True)
    yield aws("Lambda mid-update", "lambda-update-busy", "others kept changing", alone=True)
    yield aws("Lambda cannot read a function's environment", "lambda-environment-locked", "KMS key", alone=True)
    yield Case("aws", "a parameter with 100 versions", OPENAI, _nothing_more, prepare=_hundred_versions)
    yield Case("aws", "a parameter with 100 versions, the oldest held by a label of others", OPENAI, _pin,
               Ends.BY_RETRY, _unpin, "held by the label theirs", new_lane(OPENAI), prepare=_hundred_versions,
               in_short=True)  # fmt: skip


def any_failure(incident):
    """A failure for good anywhere but at Slack, which this installation does not have."""
    return list(failed(incident))


def _nothing_more(_scene: Scene) -> None:
    return None


def _hundred_versions(scene: Scene) -> None:
    world = scene.world
    world.aws.store(PARAMETER, *(f"sk-older-{number}" for number in range(97)), world.old[OPENAI])


def _pin(scene: Scene) -> None:
    ssm = scene.world.aws.aws.client("ssm")
    ssm.label_parameter_version(Name=PARAMETER, ParameterVersion=1, Labels=["theirs"])


def _unpin(scene: Scene) -> None:
    ssm = scene.world.aws.aws.client("ssm")
    ssm.unlabel_parameter_version(Name=PARAMETER, ParameterVersion=1, Labels=["theirs"])


def _pagerduty() -> Iterator[Case]:
    for fault in ("500", "429-after", "down", "silence"):
        yield Case("pagerduty", f"{WORDS[fault]} at the declaration, {_counted(2)}", OPENAI,
                   inject("pagerduty", fault, 2))  # fmt: skip
    for fault in ("500", "down", "silence"):
        yield Case("pagerduty", f"{WORDS[fault]} at the declaration, until lifted", OPENAI, inject("pagerduty", fault),
                   Ends.BY_RETRY, lift("pagerduty"), "pagerduty: trigger", PAGE_LANE,
                   in_short=fault == "down")  # fmt: skip


def _network() -> Iterator[Case]:
    for place, secret in PROVIDERS.items():
        yield Case(place, "no way out to its host, until lifted", secret, _shut(place), Ends.BY_RETRY, _open(place),
                   prepare=_door(place), trouble=any_failure, in_short=place == "openai")  # fmt: skip


def _door(place):
    def act(scene: Scene) -> None:
        variable = f"BOT_{place.upper()}_API_URL"
        url = urlsplit(scene.world.environ[variable])
        gate = scene.doors[place] = Gate(url.port)
        scene.world.environ[variable] = f"http://127.0.0.1:{gate.port}{url.path}"

    return act


def _shut(place):
    return lambda scene: scene.doors[place].close("refused")


def _open(place):
    return lambda scene: scene.doors[place].open()


def _clocks() -> Iterator[Case]:
    for seconds, words in ((600, "ten minutes ahead"), (-600, "ten minutes behind")):
        short = seconds < 0
        yield Case("clock", f"ours is {words}", OPENAI, _nothing_more, prepare=_we(seconds), in_short=short)
        yield Case("clock", f"ours is {words}; overlap", OPENAI, _nothing_more, prepare=_we(seconds),
                   strategy=Strategy.OVERLAP)  # fmt: skip
        yield Case("clock", f"the providers' is {words}", OPENAI, _nothing_more, prepare=_they(seconds))
    yield Case("clock", "ours jumps ten minutes ahead in the middle", OPENAI, _we(600), when=captured(OPENAI))
    yield Case("clock", "ours jumps ten minutes back in the middle", OPENAI, _we(-600), when=captured(OPENAI))


def _we(seconds):
    def act(scene: Scene) -> None:
        scene.clock.offset = seconds

    return act


def _they(seconds):
    def act(scene: Scene) -> None:
        for fake in (scene.world.openai, scene.world.sendgrid, scene.world.stripe):
            fake.clock = lambda: time.time() + seconds

    return act


CASES = tuple(
    chain(
        _whole_provider(),
        _after_capture(),
        _single_calls(),
        _redis(),
        _aws_for_a_while(),
        _aws_until_lifted(),
        _pagerduty(),
        _network(),
        _clocks(),
    )
)

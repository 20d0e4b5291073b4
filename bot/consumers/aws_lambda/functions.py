"""Lambda functions that read parameters when a container starts, and keep the values.

A change of configuration replaces all containers of ``$LATEST``, but not those of published versions: an alias on one
needs a new version and must be moved to it. `Environment` is replaced whole, so it is merged under `RevisionId`.
Publishing takes the code and configuration of ``$LATEST``, so it is done only if the alias runs the same. Each try
looks again, and changes only what it has seen (Lambda API reference: UpdateFunctionConfiguration, PublishVersion,
UpdateAlias).
"""

from __future__ import annotations

import hashlib
import json
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from bot.aws import Aws, answered, call
from bot.consumers.contract import MARKER, Health, Refreshed
from bot.decoding import decode
from bot.errors import Missing, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.model.priority import Priority
from bot.model.reads import KnownReader
from bot.model.secrets import Consumer
from bot.net.hosts import is_loopback
from bot.net.http import Http, split_url
from bot.net.limits import Bucket

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import AliasConfigurationResponseTypeDef

SYSTEM = "lambda"
LATEST = "$LATEST"
CALLS_A_SECOND = 15.0
ATTEMPTS = 8
"""The number of tries if someone else changes the function between our look and our write."""
LONGEST_GUESS = 3.0
"""The most seconds before the first look at an update, even if the last one needed longer."""
IN_LAMBDA = "*exec-env/AWS_Lambda_*"
"""The part of a user agent that AWS's SDKs take from AWS_EXECUTION_ENV, which Lambda sets (Lambda developer guide,
defined runtime environment variables).
"""
NOT_RELEASED = frozenset(
    {
        "ResponseMetadata",
        *("FunctionName", "FunctionArn", "MasterArn", "Version", "RevisionId", "LastModified", "Description"),
        *("State", "StateReason", "StateReasonCode"),
        *("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"),
        *("CodeSha256", "CodeSize", "ConfigSha256", "SigningProfileVersionArn", "SigningJobArn"),
        "RuntimeVersionConfig",
    }
)
"""Fields of GetFunctionConfiguration that are not part of what publishing releases: names, states, the code (compared
separately), a digest that the bot's marker changes too, and the runtime's patch, which AWS chooses.
"""


BY_HAND = "Have the functions read it"
WHY_BY_HAND = (
    "A changed description replaces every warm container, and touches nothing else of the configuration. "
    "Publishing releases `$LATEST` as it is: first compare its code and configuration with the alias's."
)


def by_hand(consumers: Iterable[Consumer]) -> Iterator[str]:
    """Shell lines by which people have these functions read a new key."""
    for consumer in consumers:
        name = f"--function-name {shlex.quote(consumer.function)}"
        yield f'aws lambda update-function-configuration {name} --description "secrets read again $(date -u +%FT%TZ)"'
        yield f"aws lambda wait function-updated-v2 {name}"
        if consumer.alias:
            version = f'"$(aws lambda publish-version {name} --query Version --output text)"'
            yield f"aws lambda update-alias {name} --name {shlex.quote(consumer.alias)} --function-version {version}"
        if consumer.health:
            yield f"curl -sS -o /dev/null -w '%{{http_code}}\\n' {shlex.quote(consumer.health)}  # 2xx: it is well"


@dataclass(frozen=True)
class _Wanted:
    """The least versions that a function must read, and the newest versions that exist, if known."""

    versions: Mapping[str, int]
    newest: Mapping[str, int]

    def known(self, marker: Mapping[str, int], parameter: str) -> int:
        """The version of a marker; 0 for one that the parameter has not reached yet, or not since it was made again."""
        version, newest = marker.get(parameter, 0), self.newest.get(parameter)
        return version if newest is None or version <= max(newest, self.versions.get(parameter, 0)) else 0


@dataclass(frozen=True)
class _Configuration:
    """The needed fields of GetFunctionConfiguration. `status` is InProgress, Successful or Failed; `released` has
    digests of what publishing releases, by field.
    """

    revision: str
    status: str
    reason: str
    code: str
    version: str
    environment: Mapping[str, str]
    released: Mapping[str, str]

    @property
    def marker(self) -> dict[str, int]:
        """The least versions that containers of this configuration read; an unreadable marker promises nothing."""
        try:
            return decode(self.environment.get(MARKER, "{}"), dict[str, int])
        except (msgspec.DecodeError, UnicodeError):
            return {}

    def holds(self, wanted: _Wanted) -> bool:
        return all(wanted.known(self.marker, parameter) >= least for parameter, least in wanted.versions.items())


class LambdaConsumers:
    """Functions of one AWS account and region.

    Checks an update every `poll` seconds for at most `patience` seconds; `sleep` waits.
    """

    def __init__(
        self,
        aws: Aws,
        *,
        bucket: Bucket | None = None,
        sleep: Callable[[float], object] = time.sleep,
        poll: float = 0.5,
        patience: float = 60.0,
    ) -> None:
        self._aws = aws
        self._bucket = bucket or Bucket(CALLS_A_SECOND, int(CALLS_A_SECOND))
        self._sleep = sleep
        self._poll = poll
        self._looks = max(1, round(patience / poll))
        self._usual = 0.0

    @staticmethod
    def health(url: str, timeout: float = 5.0) -> Health:
        """Asks a function's own health URL once; any 2xx is well. `timeout` is in seconds. Refused for a URL that is
        not https, or on this machine.
        """
        verb = "ask for health"
        parts = urlsplit(url)
        host = parts.hostname or ""
        if not host or (parts.scheme != "https" and not is_loopback(host)):
            raise Refused("health", verb, "a health URL needs https")
        base, path = split_url(url)
        http = Http("health", base, timeout=timeout)
        try:
            status = http.send("GET", path, verb=verb, priority=Priority.VERIFY).status
        except (Unexpected, Throttled, Unreachable) as error:
            return Health(ok=False, detail=error.cause)
        return Health(ok=200 <= status < 300, detail=f"HTTP {status}")

    def reader(self, function: str) -> KnownReader:
        """The function's session of its execution role, which is called as the function is, from inside Lambda: these
        credentials can be taken out of a function (Lambda developer guide, execution role).
        """
        verb, name = f"look at {function}", function.rpartition(":")[2]
        answer = self._ask(verb, lambda client: client.get_function_configuration(FunctionName=function))
        account, _, role = answer["Role"].partition(":role/")
        session = f"{account.replace(':iam:', ':sts:')}:assumed-role/{role.rpartition('/')[2]}/{name}"
        return KnownReader(session, f"the execution role of {name}", agents=(IN_LAMBDA,))

    def refresh(
        self,
        function: str,
        alias: str | None,
        versions: Mapping[str, int],
        newest: Mapping[str, int] = MappingProxyType({}),
    ) -> Refreshed:
        """Makes it read at least these parameter versions, and waits until Lambda reports success. Blocks for seconds.

        Looks first: a function whose marker has at least these versions is left alone. Markers merge by maximum, so
        that no other change is lost. `newest` holds the newest existing versions, if known. A marker beyond them
        belongs to a parameter that was deleted and made again, with versions from 1, and promises nothing.

        Missing: no such function; Unexpected: an update failed. Else Throttled, Unauthorized, Unreachable, Refused.
        """
        verb, wanted = f"refresh {function}" + (f":{alias}" if alias else ""), _Wanted(versions, newest)
        if alias is None:
            return Refreshed(self._update(function, wanted, verb).marker, complete=True)
        for _ in range(ATTEMPTS):
            reached = self._alias(function, alias, verb)
            if reached["FunctionVersion"] == LATEST:
                latest = self._update(function, wanted, verb)
                return Refreshed(latest.marker, complete=not _weights(reached), detail=_shared(alias, reached))
            live = self._configuration(function, reached["FunctionVersion"], verb)
            if live.holds(wanted):
                return self._judged(function, alias, live, verb)
            latest = self._update(function, wanted, verb)
            if obstacle := _obstacle(alias, reached, live, latest):
                return Refreshed(live.marker, complete=False, detail=obstacle)
            if self._publish(function, alias, reached, latest, verb):
                return self._judged(function, alias, self._configuration(function, alias, verb), verb)
            self._sleep(self._poll)
        raise Unexpected(SYSTEM, verb, f"others kept changing the function or its alias, {ATTEMPTS} times in a row")

    def _update(self, function: str, wanted: _Wanted, verb: str) -> _Configuration:
        """``$LATEST``, settled, with a marker of at least the wanted versions."""
        seen = self._settled(function, LATEST, verb)
        tries = 0
        while not seen.holds(wanted) or seen.status == "Failed":
            if tries == ATTEMPTS:
                raise Unexpected(SYSTEM, verb, f"others kept changing the function, {ATTEMPTS} times in a row")
            tries += 1
            environment = {**seen.environment, MARKER: _merged(seen.marker, wanted)}
            updated = self._try_update(function, environment, seen.revision, verb)
            seen = self._once_updated(function, verb)
            if updated and seen.status == "Failed":
                raise Unexpected(SYSTEM, verb, f"the update failed ({seen.reason or 'no reason code'})")
        return seen

    def _try_update(self, function: str, environment: Mapping[str, str], revision: str, verb: str) -> bool:
        """False if someone else changed the function, or is doing so."""
        updated = self._change(
            verb,
            lambda client: client.update_function_configuration(
                FunctionName=function, Environment={"Variables": environment}, RevisionId=revision
            ),
        )
        return updated is not None

    def _publish(
        self,
        function: str,
        alias: str,
        reached: AliasConfigurationResponseTypeDef,
        latest: _Configuration,
        verb: str,
    ) -> bool:
        """Makes a new version of `latest`, and moves the alias to it. False if someone else changed either since."""
        published = self._change(
            verb,
            lambda client: client.publish_version(
                FunctionName=function, RevisionId=latest.revision, CodeSha256=latest.code
            ),
        )
        if published is None:
            return False
        version = published["Version"]
        settled = self._settled(function, version, verb)
        if settled.status == "Failed":
            cause = f"version {version} cannot be started ({settled.reason or 'no reason code'})"
            raise Unexpected(SYSTEM, verb, cause)
        moved = self._change(
            verb,
            lambda client: client.update_alias(
                FunctionName=function, Name=alias, FunctionVersion=version, RevisionId=reached["RevisionId"]
            ),
        )
        return moved is not None

    def _judged(self, function: str, alias: str, live: _Configuration, verb: str) -> Refreshed:
        """What the alias reaches now. A second version beside it, or kept-warm containers, make the
        refresh incomplete.
        """
        reached = self._alias(function, alias, verb)
        if _weights(reached):
            return Refreshed(live.marker, complete=False, detail=_shared(alias, reached))
        status = self._provisioned(function, alias, verb)
        if status not in {None, "READY"}:
            detail = f"provisioned concurrency of alias {alias} is still being moved to version {live.version}"
            return Refreshed(live.marker, complete=False, detail=detail)
        return Refreshed(live.marker, complete=True)

    def _provisioned(self, function: str, alias: str, verb: str) -> str | None:
        """The state of the alias's provisioned concurrency (READY, IN_PROGRESS, FAILED), None without any."""
        try:
            answer = self._ask(
                verb,
                lambda client: client.get_provisioned_concurrency_config(FunctionName=function, Qualifier=alias),
            )
        except Missing:
            return None
        return answer["Status"]

    def _once_updated(self, function: str, verb: str) -> _Configuration:
        """``$LATEST`` when the update that just began is over. The first look comes after about as long as the last
        update took.
        """
        waits = max(self._poll, self._usual)
        self._sleep(waits)
        seen, looks = self._looked(function, LATEST, verb)
        self._usual = min(waits + (looks - 2) * self._poll, LONGEST_GUESS)
        return seen

    def _settled(self, function: str, qualifier: str, verb: str) -> _Configuration:
        """The configuration once no update is in progress."""
        return self._looked(function, qualifier, verb)[0]

    def _looked(self, function: str, qualifier: str, verb: str) -> tuple[_Configuration, int]:
        """The same, and the number of looks."""
        for look in range(1, self._looks + 1):
            seen = self._configuration(function, qualifier, verb)
            if seen.status != "InProgress":
                return seen, look
            self._sleep(self._poll)
        raise Unexpected(SYSTEM, verb, f"an update is still in progress after {self._looks * self._poll:g} s")

    def _configuration(self, function: str, qualifier: str, verb: str) -> _Configuration:
        answer: Any = self._ask(
            verb, lambda client: client.get_function_configuration(FunctionName=function, Qualifier=qualifier)
        )
        environment = answer.get("Environment", {})
        if environment.get("Error"):  # writing now would wipe what could not be read
            raise Unauthorized(SYSTEM, verb, "Lambda may not decrypt the function's environment: mend its KMS key")
        status, reason = answer.get("LastUpdateStatus", "Successful"), answer.get("LastUpdateStatusReasonCode", "")
        if answer.get("State") == "Pending":
            status = "InProgress"
        elif answer.get("State") == "Failed" and status == "Successful":  # it was updated, and cannot be started
            status, reason = "Failed", answer.get("StateReasonCode", "")
        return _Configuration(
            revision=answer["RevisionId"],
            status=status,
            reason=reason,
            code=answer["CodeSha256"],
            version=answer["Version"],
            environment=environment.get("Variables", {}),
            released=_released(answer),
        )

    def _alias(self, function: str, alias: str, verb: str) -> AliasConfigurationResponseTypeDef:
        return self._ask(verb, lambda client: client.get_alias(FunctionName=function, Name=alias))

    def _change[Answered](self, verb: str, ask: Callable[[LambdaClient], Answered]) -> Answered | None:
        """None if someone else changed, or is changing, what this change is based on."""
        try:
            return self._ask(verb, ask, Priority.PUT)
        except Refused as error:
            if not _raced(error):
                raise
            return None

    def _ask[Answered](
        self, verb: str, ask: Callable[[LambdaClient], Answered], priority: Priority = Priority.READ
    ) -> Answered:
        return call(SYSTEM, verb, lambda: ask(self._aws.client("lambda")), bucket=self._bucket, priority=priority)


def _merged(marker: Mapping[str, int], wanted: _Wanted) -> str:
    merged = {**marker}
    for parameter, version in wanted.versions.items():
        merged[parameter] = max(version, wanted.known(marker, parameter))
    return json.dumps(merged, sort_keys=True, separators=(",", ":"))


def _raced(error: Refused) -> bool:
    return answered(error, "PreconditionFailedException") or answered(error, "ResourceConflictException")


def _weights(reached: AliasConfigurationResponseTypeDef) -> Mapping[str, float]:
    return (reached.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}


def _shared(alias: str, reached: AliasConfigurationResponseTypeDef) -> str:
    others = ", ".join(sorted(_weights(reached)))
    return f"alias {alias} also sends traffic to version {others}, which is not refreshed" if others else ""


def _obstacle(
    alias: str, reached: AliasConfigurationResponseTypeDef, live: _Configuration, latest: _Configuration
) -> str:
    """Why the machine must not move the alias; empty if it may."""
    if _weights(reached):
        return f"alias {alias} divides its traffic between versions: finish that deployment, then refresh again"
    version = f"version {live.version} of alias {alias}"
    if live.code != latest.code:
        return f"$LATEST holds other code than {version}: publishing would release it"
    fields = sorted({*live.released, *latest.released})
    if other := [name for name in fields if live.released.get(name) != latest.released.get(name)]:
        return f"$LATEST has another configuration than {version} ({', '.join(other)}): publishing would release it"
    return ""


def _released(answer: Mapping[str, Any]) -> dict[str, str]:
    """A digest for each field that has a value. Leaves out the bot's marker, Lambda's progress with a snapshot, and the
    order of names in a VPC; a VPC that was left equals one without names.
    """
    said = {name: value for name, value in answer.items() if name not in NOT_RELEASED}
    variables, network = answer.get("Environment", {}).get("Variables", {}), answer.get("VpcConfig", {})
    said["Environment"] = {name: value for name, value in variables.items() if name != MARKER}
    said["SnapStart"] = answer.get("SnapStart", {}).get("ApplyOn", "None")
    said["VpcConfig"] = {
        name: sorted(value) if isinstance(value, list) else value for name, value in network.items() if value
    }
    return {name: _digest(value) for name, value in said.items() if value}


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()

"""The vault in production: AWS Systems Manager Parameter Store.

Facts: a SecureString written without a key id falls back to the account's default key; standard parameters hold 4 KB,
advanced ones 8 KB; 100 versions are kept, and a write fails with ParameterMaxVersionLimitExceeded while the oldest of
them carries a label; a version has at most ten labels (SSM API reference, PutParameter and LabelParameterVersion).
"""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.aws import Aws, answered, call, pages
from bot.errors import Missing, Refused
from bot.model.priority import Priority
from bot.net.limits import Bucket
from bot.secrets.secret import Secret
from bot.vault.contract import Stored, Version, demand_staged
from bot.vault.gathering import GatheredReads

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterHistoryTypeDef, ParameterMetadataTypeDef, ParameterTypeDef

SYSTEM = "ssm"
READS_A_SECOND = 40.0
PUTS_A_SECOND = 3.0
PUT_BURST = 20
CHANGES_A_SECOND = 10.0
"""Labels and deletions: no quota of theirs is published, and they do not count against PutParameter's."""
LARGEST: Mapping[str, int] = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
HISTORY_PAGE = 50
DESCRIBED_AT_ONCE = 50
"""Values of one filter, and parameters of one page (SSM API reference, DescribeParameters)."""
OUR_LABELS = frozenset({"current", "previous"})


@dataclass(frozen=True)
class _Kept:
    """The attributes that a new version inherits from the previous one."""

    version: int
    tier: str
    settings: Mapping[str, Any]


@dataclass
class SsmVault:
    """Parameters of one AWS account and region. `staging_key` is the KMS key (id, ARN or alias) of the staging area.

    `reads`, `puts` and `changes` (labels, deletions) are the token buckets of this account; by default one of each a
    vault, at SSM's default quotas.
    """

    aws: Aws
    _: KW_ONLY
    staging_key: str | None = None
    reads: Bucket = field(default_factory=lambda: Bucket(READS_A_SECOND, int(READS_A_SECOND)))
    puts: Bucket = field(default_factory=lambda: Bucket(PUTS_A_SECOND, PUT_BURST))
    changes: Bucket = field(default_factory=lambda: Bucket(CHANGES_A_SECOND, int(CHANGES_A_SECOND)))

    def __post_init__(self) -> None:
        self._gathered = GatheredReads(SYSTEM, self.reads, self._one, self.read_ten)

    def read(self, parameter: str, version: int | None = None) -> Stored:
        return self._gathered.read(parameter if version is None else f"{parameter}:{version}")

    def read_some(self, parameters: Iterable[str]) -> dict[str, Stored]:
        return self._gathered.read_some(list(parameters))

    def read_ten(self, names: Sequence[str]) -> dict[str, Stored]:
        """Those of at most ten parameters that exist, in one request; a name may end in ``:`` and a version. If one may
        not be read, none is: Unauthorized.
        """
        ssm, verb = self.aws.client("ssm"), f"read {names[0] if len(names) == 1 else f'{len(names)} parameters'}"
        found = call(SYSTEM, verb, lambda: ssm.get_parameters(Names=list(names), WithDecryption=True))
        return {each["Name"]: _stored(each) for each in found["Parameters"]}

    def put(self, parameter: str, value: Secret, *, expected: int | None = None) -> int:
        verb = f"write {parameter}"
        kept = self._kept(parameter, verb)
        if expected is not None and kept.version != expected:
            raise Refused(SYSTEM, verb, f"version {kept.version} was written after version {expected} was read")
        _check_size(verb, value, kept.tier)

        def write() -> int:
            return self._write(
                verb,
                lambda ssm: ssm.put_parameter(Name=parameter, Value=value.reveal(), Overwrite=True, **kept.settings),
            )["Version"]

        try:
            written = write()
        except Refused as error:
            if not answered(error, "ParameterMaxVersionLimitExceeded"):
                raise
            self._make_room(parameter, verb)
            written = write()
        if expected is not None and written != expected + 1:  # SSM has no conditional write: look afterwards as well
            raise Refused(SYSTEM, verb, f"another writer added a version at the same moment; ours is {written}")
        return written

    def label(self, parameter: str, version: int, label: str) -> None:
        verb = f"label version {version} of {parameter}"
        answer = self._change(
            verb,
            lambda ssm: ssm.label_parameter_version(Name=parameter, ParameterVersion=version, Labels=[label]),
        )
        if answer.get("InvalidLabels"):
            raise Refused(SYSTEM, verb, "SSM does not accept this label's name")

    def history(self, parameter: str) -> list[Version]:
        entries = self._history(parameter, f"read the history of {parameter}", decrypt=False)
        return sorted((_version(entry) for entry in entries), key=lambda version: version.number)

    def find(self, value: Secret, parameters: Iterable[str]) -> list[tuple[str, int]]:
        """See `Vault.find`. Parameters that do not exist are passed over; every version of the others is compared."""
        found: list[tuple[str, int]] = []
        for parameter in dict.fromkeys(parameters):
            with suppress(Missing):
                found.extend((parameter, version.number) for version in self.holding(value, parameter))
        return found

    def holding(self, value: Secret, parameter: str) -> list[Version]:
        wanted = value.trimmed.secret_part.reveal().encode()
        entries = self._history(parameter, f"search the history of {parameter}", decrypt=True)
        found = [_version(entry) for entry in entries if hmac.compare_digest(_secret_part(entry), wanted)]
        return sorted(found, key=lambda version: version.number)

    def newest(self, parameters: Iterable[str]) -> dict[str, int]:
        """See `Vault.newest`. Avoids reading the value: CloudTrail would record even an encrypted read."""
        return {entry["Name"]: entry["Version"] for entry in self._described(parameters)}

    def written(self, parameters: Iterable[str]) -> dict[str, datetime]:
        """See `Vault.written`. Source: SSM API reference, ParameterMetadata, LastModifiedDate."""
        return {entry["Name"]: entry["LastModifiedDate"].astimezone(UTC) for entry in self._described(parameters)}

    def _described(self, parameters: Iterable[str], verb: str = "") -> Iterator[ParameterMetadataTypeDef]:
        for names in itertools.batched(dict.fromkeys(parameters), DESCRIBED_AT_ONCE):
            filters: Any = [{"Key": "Name", "Option": "Equals", "Values": list(names)}]
            ask = partial(_describe, filters)
            for page in self._pages(verb or f"list the versions of {len(names)} parameters", ask):
                yield from page["Parameters"]

    def values(self, parameter: str) -> list[Stored]:
        try:
            entries = list(self._history(parameter, f"read the history of {parameter}", decrypt=True))
        except Missing:
            return []
        stored = [Stored(Secret(entry["Value"]), entry["Version"]) for entry in entries]
        return sorted(stored, key=lambda one: one.version)

    def stage(self, parameter: str, value: Secret) -> None:
        verb = f"stage {parameter}"
        demand_staged(SYSTEM, verb, parameter)
        key = self.staging_key
        if key is None:
            raise Refused(SYSTEM, verb, "no KMS key for staging is configured: set BOT_STAGING_KMS_KEY")
        _check_size(verb, value, "Standard")
        try:
            self._write(
                verb,
                lambda ssm: ssm.put_parameter(
                    Name=parameter, Value=value.reveal(), Type="SecureString", KeyId=key, Overwrite=False
                ),
            )
        except Refused as error:
            if not answered(error, "ParameterAlreadyExists"):
                raise
            if self.read(parameter).value != value:
                raise Refused(SYSTEM, verb, "another value is already there") from None

    def staged(self, path: str) -> list[str]:
        verb = f"list {path}"
        demand_staged(SYSTEM, verb, f"{path.rstrip('/')}/")
        below = path.rstrip("/")
        found = self._pages(verb, lambda ssm, more: ssm.get_parameters_by_path(Path=below, Recursive=True, **more))
        return sorted(entry["Name"] for page in found for entry in page["Parameters"])

    def unstage(self, parameter: str) -> None:
        verb = f"delete {parameter}"
        demand_staged(SYSTEM, verb, parameter)
        with suppress(Missing):
            self._change(verb, lambda ssm: ssm.delete_parameter(Name=parameter))

    def _one(self, name: str) -> Stored:
        ssm = self.aws.client("ssm")
        found = call(SYSTEM, f"read {name}", lambda: ssm.get_parameter(Name=name, WithDecryption=True))
        return _stored(found["Parameter"])

    def _kept(self, parameter: str, verb: str) -> _Kept:
        for metadata in self._described([parameter], verb):
            return _kept(metadata)
        raise Missing(SYSTEM, verb, "there is no such parameter")

    def _make_room(self, parameter: str, verb: str) -> None:
        """Takes our labels off the oldest version, which SSM could then drop. A label of others may be what their code
        reads by: that one is theirs to move.
        """
        oldest = self.history(parameter)[0]
        if foreign := [label for label in oldest.labels if label not in OUR_LABELS]:
            cause = (
                f"its oldest version {oldest.number} is held by the label {foreign[0]}: move that to a newer version"
            )
            raise Refused(SYSTEM, verb, cause)
        self._change(
            f"unlabel version {oldest.number} of {parameter}",
            lambda ssm: ssm.unlabel_parameter_version(
                Name=parameter, ParameterVersion=oldest.number, Labels=list(oldest.labels)
            ),
        )

    def _history(self, parameter: str, verb: str, *, decrypt: bool) -> Iterator[ParameterHistoryTypeDef]:
        pages = self._pages(
            verb,
            lambda ssm, more: ssm.get_parameter_history(
                Name=parameter, WithDecryption=decrypt, MaxResults=HISTORY_PAGE, **more
            ),
        )
        for page in pages:
            yield from page["Parameters"]

    def _pages(self, verb: str, ask: Callable[[SSMClient, Any], Any]) -> Iterator[Any]:
        return pages(lambda more: self._read(verb, lambda ssm: ask(ssm, more)))

    def _read[Answered](self, verb: str, ask: Callable[[SSMClient], Answered]) -> Answered:
        return call(SYSTEM, verb, lambda: ask(self.aws.client("ssm")), bucket=self.reads, priority=Priority.READ)

    def _write[Answered](self, verb: str, ask: Callable[[SSMClient], Answered]) -> Answered:
        return call(SYSTEM, verb, lambda: ask(self.aws.client("ssm")), bucket=self.puts, priority=Priority.PUT)

    def _change[Answered](self, verb: str, ask: Callable[[SSMClient], Answered]) -> Answered:
        return call(SYSTEM, verb, lambda: ask(self.aws.client("ssm")), bucket=self.changes, priority=Priority.PUT)


def _describe(filters: Any, ssm: SSMClient, more: Any) -> Any:
    return ssm.describe_parameters(ParameterFilters=filters, MaxResults=DESCRIBED_AT_ONCE, **more)


def _stored(found: ParameterTypeDef) -> Stored:
    return Stored(Secret(found["Value"]), found["Version"], encrypted=found["Type"] == "SecureString")


def _kept(metadata: ParameterMetadataTypeDef) -> _Kept:
    tier = metadata.get("Tier", "Standard")
    settings: dict[str, Any] = {"Type": metadata["Type"], "Tier": tier}
    for name in ("KeyId", "Description", "AllowedPattern", "DataType"):
        if kept := metadata.get(name):
            settings[name] = kept
    return _Kept(metadata["Version"], tier, settings)


def _secret_part(entry: ParameterHistoryTypeDef) -> bytes:
    return Secret(entry["Value"]).trimmed.secret_part.reveal().encode()


def _version(entry: ParameterHistoryTypeDef) -> Version:
    return Version(
        number=entry["Version"],
        written_at=entry["LastModifiedDate"].astimezone(UTC),
        labels=tuple(entry.get("Labels", ())),
    )


def _check_size(verb: str, value: Secret, tier: str) -> None:
    size, limit = len(value.reveal().encode()), LARGEST.get(tier, LARGEST["Standard"])
    if size == 0:
        raise Refused(SYSTEM, verb, "the value is empty")
    if size > limit:
        raise Refused(SYSTEM, verb, f"the value has {size} bytes and a parameter of this tier ({tier}) holds {limit}")

"""What moto's Parameter Store leaves out: sizes, KMS keys, the rate of writing, and who wrote what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID

from bot.drill.fakes.allowance import Allowance
from bot.drill.fakes.aws_identity import Signer
from bot.drill.fakes.aws_moto import kms_backends, ssm_backends
from bot.drill.fakes.aws_request import AwsAnswer, AwsRequest, refusal
from bot.drill.fakes.faults import Faults

DEFAULT_KEY = "alias/aws/ssm"
LIMITS: Mapping[str, int] = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
READS = frozenset({"DescribeParameters", "GetParameter", "GetParameterHistory", "GetParameters", "GetParametersByPath"})


class Parameters:
    """SSM's rules before moto's answers. `puts` is how often others than the account's root may write.

    moto's answers to reads are kept until the next write: the bot reads the same few parameters again and again.
    """

    def __init__(self, faults: Faults, puts: Allowance) -> None:
        self._faults = faults
        self._puts = puts
        self._writers: dict[tuple[str, int], str] = {}
        self._kept: dict[tuple[str, str, bytes], AwsAnswer] = {}
        self._kept_of: object = None

    def answer(self, request: AwsRequest, signer: Signer, ask_moto: Callable[[AwsRequest], AwsAnswer]) -> AwsAnswer:
        """What SSM answers; `ask_moto` lets moto answer."""
        if request.action in READS:
            return self._read(request, ask_moto)
        if request.action == "PutParameter" and not signer.is_root and not self._puts.take():
            return refusal("ssm", 400, "ThrottlingException", "Rate exceeded")
        try:
            return self._put(request, signer, ask_moto) if request.action == "PutParameter" else ask_moto(request)
        finally:
            self._kept = {}  # a read that began before keeps its answer in the old one

    def _read(self, request: AwsRequest, ask_moto: Callable[[AwsRequest], AwsAnswer]) -> AwsAnswer:
        if request.body.get("WithDecryption") and request.action != "GetParametersByPath":
            names = request.body.get("Names") or [request.body["Name"]]
            if any(not _key_is_usable(request.region, _key_of(request.region, name)) for name in names):
                return refusal("ssm", 400, "InvalidKeyId", "The KMS key is disabled")
        stored = _stored(request.region)
        if self._kept_of is not stored:  # moto was reset
            self._kept, self._kept_of = {}, stored
        kept, question = self._kept, (request.region, request.action, request.raw)
        if question not in kept:
            kept[question] = ask_moto(request)
        answer = kept[question]
        return self._with_writers(answer) if request.action == "GetParameterHistory" and answer.ok else answer

    def _put(self, request: AwsRequest, signer: Signer, ask_moto: Callable[[AwsRequest], AwsAnswer]) -> AwsAnswer:
        body = dict(request.body)
        if len(str(body.get("Value", "")).encode()) > LIMITS.get(body.get("Tier") or "Standard", 0):
            return refusal(
                "ssm", 400, "ValidationException", "Standard tier parameters support at most 4096 characters"
            )
        if body.get("Type") == "SecureString":
            body.setdefault("KeyId", DEFAULT_KEY)
            if not _key_is_usable(request.region, str(body["KeyId"])):
                return refusal("ssm", 400, "InvalidKeyId", "Invalid keyId")
        if self._faults.take("ssm-put-raced"):
            ask_moto(request.with_body({**body, "Value": "written by someone else"}))
        answer = ask_moto(request.with_body(body))
        if answer.ok:
            self._writers[str(body["Name"]), answer.parsed["Version"]] = signer.arn
        return answer

    def _with_writers(self, answer: AwsAnswer) -> AwsAnswer:
        parsed = answer.parsed
        for entry in parsed.get("Parameters", ()):
            entry["LastModifiedUser"] = self._writers.get((entry["Name"], entry["Version"]), "")
        return answer.with_json(parsed)


def _stored(region: str) -> Any:
    """Parameters by name, each a list of versions."""
    return ssm_backends[DEFAULT_ACCOUNT_ID][region]._parameters  # noqa: SLF001 - no accessor tells the key


def _key_of(region: str, name: str) -> str:
    versions = _stored(region).get(name.partition(":")[0])
    return str(versions[-1].keyid) if versions else DEFAULT_KEY


def _key_is_usable(region: str, key_id: str) -> bool:
    if key_id in {DEFAULT_KEY, "None"}:
        return True
    backend = kms_backends[DEFAULT_ACCOUNT_ID][region]
    if key_id.startswith("alias/"):
        key_id = backend.get_key_id_from_alias(key_id) or ""
    key = backend.keys.get(backend.get_key_id(key_id))
    return key is not None and key.key_state == "Enabled"

"""Reports in a bucket: each version under a name of its own, which is never written twice.

Source: Amazon S3 API reference, PutObject (`If-None-Match`), HeadObject, GetObjectLockConfiguration; user guide,
"Locking objects with Object Lock". Where the bucket has a lock with a default retention, S3 applies it to each new
object by itself; where it has a lock without one, the bot asks for a legal hold, which a person can lift.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws import Aws
from bot.errors import Missing, OutsideError, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.incident.state import Incident
from bot.report.contract import Document
from bot.report.destinations.s3.settings import BucketSettings

SYSTEM = "s3"
TYPES = {"html": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8"}
_THROTTLED = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "503"})
_UNAUTHORIZED = frozenset({"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"})


@dataclass(frozen=True)
class ReportBucket:
    """Satisfies `Destination`. `client` gives boto3's S3 client; `prefix` stands before every name, or is empty."""

    bucket: str
    prefix: str
    client: Callable[[], Any]

    def deliver(self, incident: Incident, documents: tuple[Document, ...], *, renewed: bool) -> str:  # noqa: ARG002
        """What was locked stays: a redaction cannot reach it, which docs/limits.md says."""
        hold = self._lacks_retention()
        for document in documents:
            self._put(f"{self.prefix}{incident.id}/{document.name}", document, hold=hold)
        return f"s3://{self.bucket}/{self.prefix}{incident.id}/{documents[0].name}"

    def _put(self, key: str, document: Document, *, hold: bool) -> None:
        if self._there(key):
            return
        locked = {"ObjectLockLegalHoldStatus": "ON"} if hold else {}
        try:
            self._call(
                "put_object", "put the report", Bucket=self.bucket, Key=key, Body=document.content, IfNoneMatch="*",
                ContentType=TYPES[document.form], Metadata={"sha256": document.digest}, ChecksumAlgorithm="SHA256",
                **locked,
            )  # fmt: skip
        except Refused as refused:
            if refused.cause not in {
                "PreconditionFailed",
                "412",
            }:  # somebody was first: its name says that it is this one
                raise

    def _there(self, key: str) -> bool:
        try:
            self._call("head_object", "look for the report", Bucket=self.bucket, Key=key)
        except Missing:
            return False
        return True

    def _lacks_retention(self) -> bool:
        """Whether the bucket has a lock, and no retention of its own."""
        try:
            found = self._call("get_object_lock_configuration", "read the bucket's lock", Bucket=self.bucket)
        except Missing:
            return False
        lock = found.get("ObjectLockConfiguration", {})
        return lock.get("ObjectLockEnabled") == "Enabled" and not lock.get("Rule")

    def _call(self, name: str, verb: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self.client(), name)(**arguments)
        except ClientError as error:
            raise _refusal(error, verb) from None
        except BotoCoreError:
            raise Unreachable(SYSTEM, verb, "no answer") from None
        return answer


def _refusal(error: ClientError, verb: str) -> OutsideError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    word = code if code.isalnum() and len(code) < 60 else f"HTTP {status}"
    if code in _THROTTLED or status in {429, 503}:
        return Throttled(SYSTEM, verb, "told to slow down")
    if code in _UNAUTHORIZED or status in {401, 403}:
        return Unauthorized(SYSTEM, verb, word)
    if status == 404 and code != "NoSuchBucket":
        return Missing(SYSTEM, verb, word)
    if status >= 500 or not status:
        return Unexpected(SYSTEM, verb, f"HTTP {status}")
    return Refused(SYSTEM, verb, word)


def make(settings: BucketSettings, aws: Aws) -> ReportBucket | None:
    """None without a bucket's name."""
    if settings.reports_bucket is None:
        return None
    return ReportBucket(settings.reports_bucket, settings.reports_prefix, lambda: aws.client("s3"))

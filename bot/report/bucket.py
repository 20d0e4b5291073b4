"""Reports in a bucket: each version under a name of its own, which is never written twice.

Source: Amazon S3 API reference, PutObject (`If-None-Match`), HeadObject, GetObjectLockConfiguration; user guide,
"Locking objects with Object Lock". Where the bucket has a lock with a default retention, S3 applies it to each new
object by itself; where it has a lock without one, the bot asks for a legal hold, which a person can lift.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.aws import answered, call
from bot.errors import Missing, Refused
from bot.incident.state import Incident
from bot.report.contract import Document

SYSTEM = "s3"
FOLDER = "incidents/"
"""What every name in the bucket begins with."""
TYPES = {"html": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8", "jsonl": "application/jsonl"}


@dataclass(frozen=True)
class ReportBucket:
    """Satisfies `Destination`. `client` gives boto3's S3 client."""

    bucket: str
    client: Callable[[], Any]

    def deliver(self, incident: Incident, documents: tuple[Document, ...], *, renewed: bool) -> str:  # noqa: ARG002
        """A redaction cannot remove a locked object, as docs/limits.md says."""
        hold = self._lacks_retention()
        for document in documents:
            self._put(f"{FOLDER}{incident.id}/{document.name}", document, hold=hold)
        return f"s3://{self.bucket}/{FOLDER}{incident.id}/{documents[0].name}"

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
            if not answered(refused, "PreconditionFailed"):  # someone was first: its name says that it is this one
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
        answer: dict[str, Any] = call(SYSTEM, verb, lambda: getattr(self.client(), name)(**arguments))
        return answer

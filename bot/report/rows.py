"""Evidence: the rows behind a finding, as a file of JSON lines beside the reports. The event that has the finding names
the file and its SHA-256.

The rows may hold personal data, such as names, addresses and recipients: hence their retention, which a hold stops.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bot.incident.state import Incident
from bot.report.contract import Destination, Document
from bot.report.filing import FileArchive, Filed
from bot.report.secret_scan import Search, findings

ROWS = "jsonl"


@dataclass(frozen=True)
class Evidence:
    """`known` gives the fingerprints of values that no file may hold; `bucket` is the reports' one, if there is one."""

    archive: FileArchive
    known: Callable[[], Collection[str]]
    bucket: Destination | None = None

    def keep(self, incident: Incident, what: str, lines: bytes) -> Filed:
        """Stores the rows here and in the bucket, and gives their place and SHA-256. A row that the report's search
        finds a secret in is withheld. Errors: Unexpected, and those of the bucket.
        """
        text = lines.decode()
        rows = text.splitlines()
        values = {
            each for secret in incident.secrets.values() for each in (secret.old.fingerprint, secret.new.fingerprint)
        }
        for number, kind in findings(text, Search({*self.known(), *values} - {""})):
            rows[number - 1] = json.dumps({"withheld": kind})
        content = "".join(f"{row}\n" for row in rows)
        digest = hashlib.sha256(content.encode()).hexdigest()
        name = f"{incident.id}.{what}-{digest[:12]}.{ROWS}"
        place = self.archive.put_rows(name, content.encode())
        if self.bucket is not None:
            rows_there = Document(name, f"{incident.id}: {what}", ROWS, content, digest)
            place = self.bucket.deliver(incident, (rows_there,), renewed=False)
        return Filed(place, digest)

"""Was it used: a look at CloudTrail in 17 regions at two calls a second each, which others share, and what the rule of
use by others misses and calls out wrongly in 200 drawn months. Calls take no time here but for their limits.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.drill.fakes import aws
from bot.drill.fakes.allowance import Allowance
from bot.providers.contract import Held
from bot.providers.looks import Look
from bot.rotation.use import FIRST_LOOK, WHOLE_LOOK
from tests.bench.progress import say
from tests.incident.record.test_used_at_random import figures, with_dead_key
from tests.providers.aws_iam.harness import SEVENTEEN, aws_iam

EVENTS, SESSIONS = 1_000, 5
SHARED = 1.6
"""Calls a second that others leave in each region."""


def measure(*, quick: bool) -> dict[str, object]:
    say("200 months")
    judged = figures(with_dead_key())
    aws.REGIONS = SEVENTEEN
    with aws_iam() as harness:
        front = harness.world.front
        front.lookups = Allowance(SHARED, 2.0, time.monotonic)
        sessions = [f"ASIA{number}" for number in range(SESSIONS)]
        for session in sessions:
            _record(front.trail, harness.old_id, aws.REGION, session)
        for number in range(EVENTS // 10 if quick else EVENTS):
            key = [harness.old_id, *sessions][number % (SESSIONS + 1)]
            _record(front.trail, key, SEVENTEEN[number % 3])
        say("a look in 17 regions")
        looks = {"first": _look(harness, FIRST_LOOK), "whole": _look(harness, WHOLE_LOOK)}
    return {"regions": len(SEVENTEEN), "looks": looks, "random months": judged}


def _look(harness: Any, longest: timedelta) -> dict[str, object]:
    trail, asked = harness.world.front.trail, 0
    lookup: Callable[..., Any] = trail.lookup

    def counted(body: Any, region: str) -> Any:
        nonlocal asked
        asked += 1
        return lookup(body, region)

    trail.lookup = counted
    now, began, cpu = datetime.now(UTC), time.monotonic(), time.thread_time()
    held = Held(harness.old, harness.old_id)
    found = harness.provider.use(
        held,
        Look(harness.provider.card.records, now - timedelta(days=30), now, lambda: datetime.now(UTC) >= now + longest),
    )
    took = {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.thread_time() - cpu, 2)}
    trail.lookup = lookup
    return {**took, "calls_answered": asked, "uses": len(found.uses), "to_the_end": not found.truncated}


def _record(trail: Any, key: str, region: str, session: str = "") -> None:
    at = datetime.now(UTC) - timedelta(minutes=5)
    trail.add(
        {
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::1:user/app", "accessKeyId": key},
            "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": "sts.amazonaws.com" if session else "s3.amazonaws.com",
            "eventName": "GetSessionToken" if session else "ListBuckets",
            "awsRegion": region,
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli/2.0",
            "responseElements": {"credentials": {"accessKeyId": session}} if session else None,
            "eventID": str(uuid.uuid4()),
        }
    )

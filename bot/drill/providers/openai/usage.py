"""What OpenAI's fake counts and records: requests of keys, and changes by them. Shapes are those of the specification.

A request with a key at ``/v1/chat/completions`` is counted at once; `FakeUsage.count` counts any other.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from flask import Flask, Response, jsonify, request

from bot.drill.providers.openai.shapes import error, page_of

WIDTHS: Mapping[str, tuple[int, int]] = {"1m": (60, 1440), "1h": (3600, 168), "1d": (86400, 31)}
"""By their name: seconds of a bucket, and the most buckets of an answer."""
RESULTS: Mapping[str, Mapping[str, object]] = {
    "completions": {"input_tokens": 9, "output_tokens": 12},
    "embeddings": {"input_tokens": 9},
    "moderations": {"input_tokens": 9},
    "images": {"images": 1},
    "audio_speeches": {"characters": 9},
    "audio_transcriptions": {"seconds": 9},
    "file_search_calls": {},
    "web_search_calls": {"num_model_requests": 1},
}
OBJECTS = {"file_search_calls": "file_searches", "web_search_calls": "web_searches"}
COUNTED_AS = {"file_search_calls": "num_requests", "web_search_calls": "num_requests"}


@dataclass(frozen=True)
class Request:
    key: str
    at: float
    kind: str
    model: str


@dataclass
class FakeUsage:
    """`now` gives Unix seconds; the times of requests and changes are Unix seconds too."""

    now: Callable[[], float]
    requests: list[Request] = field(default_factory=list)
    changes: list[dict[str, object]] = field(default_factory=list)
    audited: bool = True
    """Whether the organisation's audit log is enabled."""
    readable: bool = True
    """Whether the admin key may read usage and audit log."""

    def count(self, key: str, at: float, kind: str = "completions", model: str = "gpt-5", times: int = 1) -> None:
        """A use of the key with this id, which shows in the bucket of its time."""
        self.requests += [Request(key, at, kind, model)] * times

    def change(self, key: str, at: float, kind: str, thing: str = "") -> None:
        """A change by a service account's key, such as ``api_key.created`` of the `thing` with this id."""
        actor = {"type": "api_key", "api_key": {"id": key, "type": "service_account"}}
        made = {"id": f"audit_log_{secrets.token_hex(8)}", "type": kind, "effective_at": int(at), "actor": actor}
        self.changes.append(made | ({kind: {"id": thing}} if thing else {}))

    def in_use(self, kind: str, starts: range) -> list[int]:
        """The starts of buckets with a request. Empty buckets are left out: a day has 1440 for each kind."""
        return sorted(
            {starts[i] for each in list(self.requests) if each.kind == kind and (i := _place(each, starts)) >= 0}
        )

    def bucket(self, kind: str, start: int, width: int, keys: list[str]) -> dict[str, object]:
        found = Counter(
            (each.key, each.model)
            for each in list(self.requests)
            if each.kind == kind and start <= each.at < start + width and each.key in keys
        )
        results = [
            {
                "object": f"organization.usage.{OBJECTS.get(kind, kind)}.result",
                **RESULTS[kind],
                COUNTED_AS.get(kind, "num_model_requests"): times,
                "api_key_id": key,
                **({} if kind == "file_search_calls" else {"model": model}),
            }
            for (key, model), times in found.items()
        ]
        return {"object": "bucket", "start_time": start, "end_time": start + width, "results": results}


def add_usage(app: Flask, usage: FakeUsage, base: str, caller: Callable[[], str | None]) -> None:
    """The calls for usage and the audit log. `caller` gives the id of the key with which a request comes."""

    @app.post(f"{base}/chat/completions")
    def complete() -> tuple[Response, int]:
        key, model = caller(), str(request.get_json()["model"])
        if key is None:
            return error(401, "Incorrect API key provided.", "invalid_api_key")
        usage.count(key, usage.now(), model=model)
        said = {"role": "assistant", "content": "Hello.", "refusal": None}
        choice = {"index": 0, "message": said, "finish_reason": "stop", "logprobs": None}
        made = {"id": f"chatcmpl-{secrets.token_hex(8)}", "object": "chat.completion", "created": int(usage.now())}
        return jsonify(**made, model=model, choices=[choice]), 200

    def counted(kind: str) -> tuple[Response, int]:
        if not usage.readable:
            return error(403, "You have insufficient permissions for this operation.", None)
        width, most = WIDTHS[request.args.get("bucket_width", "1d")]
        start = int(request.args.get("page") or request.args["start_time"]) // width * width
        end = min(int(request.args.get("end_time", usage.now())), int(usage.now()))
        limit = min(int(request.args.get("limit", 7)), most)
        starts = range(start, end, width)
        keys = request.args.getlist("api_key_ids")
        shown = [usage.bucket(kind, at, width, keys) for at in usage.in_use(kind, starts[:limit])]
        more = len(starts) > limit
        return jsonify(object="page", data=shown, has_more=more, next_page=str(starts[limit]) if more else None), 200

    for kind in RESULTS:
        app.add_url_rule(f"{base}/organization/usage/{kind}", kind, partial(counted, kind))

    @app.get(f"{base}/organization/audit_logs")
    def changes() -> Response | tuple[Response, int]:
        if not (usage.audited and usage.readable):
            return error(403, "Audit logging is not enabled for this organization.", None)
        since, until = int(request.args["effective_at[gte]"]), int(request.args["effective_at[lte]"])
        actors = request.args.getlist("actor_ids[]")
        return page_of(
            [
                each
                for each in reversed(list(usage.changes))
                if since <= int(str(each["effective_at"])) <= until and _actor(each) in actors
            ]
        )


def _place(asked: Request, starts: range) -> int:
    """Which of these buckets the request is in; below 0 for none."""
    place = int(asked.at - starts.start) // starts.step if starts else -1
    return place if place < len(starts) else -1


def _actor(change: dict[str, object]) -> str:
    actor = change["actor"]
    assert isinstance(actor, dict)
    return str(actor["api_key"]["id"])

"""How OpenAI's fake words errors and pages of lists, as in the specification."""

from __future__ import annotations

from flask import Response, jsonify, request


def error(status: int, message: str, code: str | None) -> tuple[Response, int]:
    return jsonify(error={"message": message, "type": "invalid_request_error", "param": None, "code": code}), status


def page_of(items: list[dict[str, object]]) -> Response:
    """The page of `items` that the request asks for by `limit` and `after`."""
    ids = [item["id"] for item in items]
    after = request.args.get("after")
    start = ids.index(after) + 1 if after in ids else 0
    limit = min(int(request.args.get("limit", 20)), 100)
    chosen = items[start : start + limit]
    edges = {"first_id": chosen[0]["id"], "last_id": chosen[-1]["id"]} if chosen else {}
    return jsonify(object="list", data=chosen, has_more=start + limit < len(items), **edges)

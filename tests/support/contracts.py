"""Checks what a fake is asked and answers against the provider's published OpenAPI file.

The files stand in the folder that `BOT_CONTRACTS` names; without it there is nothing to check against. What they leave
out of how a key was used is added from `published/`.
"""

import functools
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask, request
from openapi_core import Config, OpenAPI
from openapi_core.contrib.flask import FlaskOpenAPIRequest, FlaskOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.responses.exceptions import ResponseNotFound

WITHOUT = "BOT_CONTRACTS names no folder with the providers' OpenAPI files"

OF_EACH = ("Host", "Content-Length", "Date")
"""Headers that no contract speaks of, and that differ from fake to fake."""

NUMBERED = re.compile(r"(?=[A-Za-z0-9]{4})[A-Za-z]*[0-9][A-Za-z0-9]*")

PUBLISHED = Path(__file__).parent / "published"

UNWRITTEN = {403, 404}
"""Statuses that every path can answer and that the files mostly leave out."""


def folder() -> Path | None:
    path = os.environ.get("BOT_CONTRACTS")
    return Path(path) if path and Path(path).is_dir() else None


def needs_contract(name: str) -> pytest.MarkDecorator:
    """For a file that not every such folder has."""
    where = folder()
    return pytest.mark.skipif(where is None or not (where / f"{name}.yaml").is_file(), reason=f"{WITHOUT}: {name}.yaml")


needs_contracts = pytest.mark.skipif(folder() is None, reason=WITHOUT)


@functools.cache
def contract(name: str, base_path: str, only: tuple[str, ...] = ("/",)) -> OpenAPI | None:
    place = folder()
    if place is None or not (found := place / f"{name}.yaml").is_file():
        return None
    document = yaml.load(found.read_text(), yaml.CSafeLoader)
    if (more := PUBLISHED / f"{name}.yaml").is_file():
        _add(document, yaml.load(more.read_text(), yaml.CSafeLoader))
    document["paths"] = {path: operations for path, operations in document["paths"].items() if path.startswith(only)}
    for path in document["paths"].values():
        path.pop("servers", None)  # all hosts of a provider are served at one address
        for operation in path.values():
            if "parameters" in operation:  # openapi-core cannot read an absent parameter of this style
                operation["parameters"] = [one for one in operation["parameters"] if one.get("style") != "deepObject"]
            if "requestBody" in operation and "'deepObject'" in str(operation["requestBody"]):  # nor such a form
                del operation["requestBody"]
    if name == "pagerduty":
        _mend_pagerduty(document["components"]["schemas"])
    # The files have mistakes of their own, far from what is asked here: PagerDuty's has a default that is no integer.
    config = Config(spec_validator_cls=None)  # type: ignore[arg-type]
    return OpenAPI.from_dict(document | {"servers": [{"url": base_path or "/"}]}, config=config)


def _add(document: dict[str, Any], more: dict[str, Any]) -> None:
    """The paths of another file, and those of its components whose names are not taken."""
    document["paths"] |= more["paths"]
    for kind, components in more["components"].items():
        document["components"][kind] = components | document["components"].get(kind, {})


def _mend_pagerduty(schemas: dict[str, Any]) -> None:
    """Where the file contradicts itself: an acknowledgement is of one type by itself and of another among all entries,
    so that none can be valid; a channel is to be exactly one of several shapes that are alike; and on-calls have
    references to users only, though `include[]` asks for the users.
    """
    schemas["AcknowledgeLogEntry"]["allOf"][1]["properties"]["type"]["enum"] = ["acknowledge_log_entry"]
    schemas["Channel"]["anyOf"] = schemas["Channel"].pop("oneOf")
    users = ("UserReference", "User")
    schemas["Oncall"]["properties"]["user"] = {"oneOf": [{"$ref": f"#/components/schemas/{each}"} for each in users]}


class Exchanges:
    """Records how often a fake's routes were used and every breach of the contract, by either side. `only`: of those
    paths, where a fake speaks several APIs.
    """

    def __init__(self, app: Flask, name: str, base_path: str = "", only: tuple[str, ...] = ("/",)) -> None:
        self.breaches: list[str] = []
        self.seen: list[str] = []
        openapi = contract(name, base_path, only)
        if openapi is None:
            return
        judged = _judged(name, base_path, only)

        def check(response):
            if request.path.startswith("/_fake/") or not request.path.startswith(only):
                return response
            asked = FlaskOpenAPIRequest(request)
            given = request.view_args or {}
            asked.parameters.path = {**given, **{_camel(name): value for name, value in given.items()}}
            asked.parameters.path.update(("id", value) for name, value in given.items() if name.endswith("_id"))
            self.seen.append(f"{request.method} {request.path} {response.status_code}")
            exchange = _shape_of(response)
            if exchange not in judged:
                judged[exchange] = list(_breaches(openapi, asked, response))
            self.breaches += [f"{self.seen[-1]}: {breach}" for breach in judged[exchange]]
            return response

        def keep():
            """A form, once read, leaves no body to check, unless the body was read first."""
            request.get_data()

        app.before_request(keep)
        app.after_request(check)


@functools.cache
def _judged(_name: str, _base_path: str, _only: tuple[str, ...]) -> dict[tuple[Any, ...], list[str]]:
    """The breaches by the shape of an exchange, for all fakes that are held to one contract."""
    return {}


def _shape_of(response):
    """What was asked and answered, without what differs from test to test: an exchange of one shape is judged once."""
    head = [(name, _shape(value)) for one in (request, response) for name, value in one.headers if name not in OF_EACH]
    asked, answered = request.get_data(as_text=True), response.get_data(as_text=True)
    return (request.method, _shape(request.full_path), *head, response.status_code, _shape(asked), _shape(answered))


def _shape(text: str) -> str:
    """Ids, times and large numbers keep their length only."""
    return NUMBERED.sub(lambda found: "0" * len(found[0]), text)


def _breaches(openapi, asked, response):
    for validate in (
        lambda: openapi.validate_request(asked),
        lambda: openapi.validate_response(asked, FlaskOpenAPIResponse(response)),
    ):
        try:
            validate()
        except ResponseNotFound:
            if response.status_code not in UNWRITTEN:
                yield "an answer that is not documented"
        except OpenAPIError as error:
            yield f"{error!r} {error.__cause__!r}"


def _camel(name: str) -> str:
    """As Twilio's file names what a route calls `account_sid`."""
    return "".join(word.capitalize() for word in name.split("_"))

"""The product's functions: warm containers that read their parameters once, and a health URL for each.

A container keeps what it read until the configuration that it runs on is another one, as at Lambda. Its reads are made
over the front by the functions' own role, so that they are in the practice account's CloudTrail.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify

from bot.aws import Aws, call
from bot.drill.fakes.aws_world import ROLE, AwsWorld
from bot.drill.fakes.control import control
from bot.drill.fakes.faults import Faults, FaultyApplication
from bot.errors import Unauthorized
from bot.secrets.secret import Secret

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LATEST = "$LATEST"
OPERATIONS = ("health",)
SPECIAL = {"health-stuck": "containers stay as they are when the configuration changes"}


@dataclass(frozen=True)
class Reader:
    """A function by its name, its alias if any, and the parameters that it reads when a container starts."""

    function: str
    parameters: tuple[str, ...]
    alias: str | None = None


@dataclass(frozen=True)
class _Container:
    configuration: str
    values: Mapping[str, Secret]
    versions: Mapping[str, int]


class LambdaApps:
    """Serve `application`: GET ``/health/{function}`` answers 200, or 503 where `works` says no to the held values.

    `works(function, values)` is the practice world's judgement: are these values, by parameter, accepted?
    """

    def __init__(
        self,
        world: AwsWorld,
        readers: tuple[Reader, ...],
        works: Callable[[str, Mapping[str, Secret]], bool] = lambda _function, _values: True,
    ) -> None:
        self.faults = Faults(OPERATIONS, SPECIAL)
        self._world = world
        self._readers = {reader.function: reader for reader in readers}
        self._works = works
        self._containers: dict[str, _Container] = {}
        self._sessions: dict[str, Aws] = {}
        self._lock = threading.Lock()
        self.application = FaultyApplication(_routes(self), self.faults, _operation_of)

    def health(self, function: str) -> tuple[bool, Mapping[str, int]] | None:
        """Whether the function works, and the versions that its container holds. None: there is no such function."""
        reader = self._readers.get(function)
        if reader is None:
            return None
        with self._lock:
            container = self._container(reader)
        return self._works(function, container.values), container.versions

    def _container(self, reader: Reader) -> _Container:
        held = self._containers.get(reader.function)
        if held is not None and self.faults.take("health-stuck"):
            return held
        configuration = self._configuration(reader)
        if held is None or held.configuration != configuration:
            try:
                held = self._start(reader, configuration)
            except Unauthorized:  # a role's session ends after an hour; at Lambda it is renewed unasked
                del self._sessions[reader.function]
                held = self._start(reader, configuration)
            self._containers[reader.function] = held
        return held

    def _configuration(self, reader: Reader) -> str:
        functions = self._world.aws.client("lambda")
        qualifier = reader.alias or LATEST
        answer = functions.get_function_configuration(FunctionName=reader.function, Qualifier=qualifier)
        return f"{answer['Version']} {sorted(answer.get('Environment', {}).get('Variables', {}).items())}"

    def _start(self, reader: Reader, configuration: str) -> _Container:
        ssm = self._session(reader.function).client("ssm")
        values, versions = {}, {}
        for parameter in reader.parameters:
            found = call(
                "practice function",
                f"read {parameter}",
                lambda name=parameter: ssm.get_parameter(Name=name, WithDecryption=True),  # type: ignore[misc]
            )["Parameter"]
            values[parameter], versions[parameter] = Secret(found["Value"]), found["Version"]
        return _Container(configuration, values, versions)

    def _session(self, function: str) -> Aws:
        if function not in self._sessions:
            role = self._world.aws.client("iam").get_role(RoleName=ROLE)["Role"]["Arn"]
            answer = self._world.aws.client("sts").assume_role(RoleArn=role, RoleSessionName=function)
            keys = answer["Credentials"]
            self._sessions[function] = self._world.aws.with_access_key(
                keys["AccessKeyId"], Secret(keys["SecretAccessKey"]), Secret(keys["SessionToken"])
            )
        return self._sessions[function]


def _operation_of(_environ: WSGIEnvironment) -> str:
    return "health"


def _routes(apps: LambdaApps) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(apps.faults, list))

    @app.get("/health/<function>")
    def health(function: str) -> tuple[Response, int]:
        found = apps.health(function)
        if found is None:
            return jsonify(error="no such function"), 404
        works, versions = found
        return jsonify(function=function, works=works, versions=dict(versions)), 200 if works else 503

    return app

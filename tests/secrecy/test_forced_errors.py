"""Libraries fail with a value in their words: nobody sees more than the error's class."""

import io
import logging
import threading

import jinja2
import pytest
import redis
import requests
import sqlalchemy.exc
from botocore import exceptions as boto
from slack_sdk.errors import SlackApiError

from bot import logs
from bot.cli.documents import todo_document
from bot.drill import leaks
from bot.incident.operations import Op
from bot.incident.todos import todos
from tests.secrecy.looking import places, settled, values
from tests.support.practice import SENDGRID


def _raises(value):
    """Errors as the libraries make them, each repeating what it was given."""
    request = requests.Request("GET", f"https://api.example/{value}", headers={"Authorization": f"Bearer {value}"})
    answer = {"Error": {"Code": "ValidationException", "Message": f"1 validation error: Value '{value}'"}}
    return {
        "ValueError": ValueError(f"cannot use {value}"),
        "KeyError": KeyError(value),
        "UnicodeError": UnicodeEncodeError("latin-1", value, 0, 1, "ordinal not in range"),
        "botocore, form": boto.ParamValidationError(report=f"Invalid type for Value: {value}"),
        "botocore, answer": boto.ClientError(answer, "PutParameter"),
        "botocore, connection": boto.EndpointConnectionError(endpoint_url=f"https://{value}"),
        "requests": requests.ConnectionError(f"Failed to send {value}", request=request),
        "redis": redis.exceptions.ResponseError(f"ERR unknown command 'AUTH' with args: {value}"),
        "redis, connection": redis.exceptions.ConnectionError(f"Error connecting to {value}"),
        "jinja": jinja2.UndefinedError(f"'{value}' is undefined"),
        "SQL": sqlalchemy.exc.IntegrityError("INSERT INTO t VALUES (:v)", {"v": value}, Exception(value)),
        "Slack": SlackApiError(f"the request failed: {value}", {"ok": False, "error": value}),
        "a chain": _chained(value),
        "a group": ExceptionGroup(value, [ValueError(value)]),
    }


def _chained(value):
    error = RuntimeError(f"while sending {value}")
    error.__cause__ = KeyError(value)
    error.add_note(f"the value was {value}")
    return error


OPERATIONS = (Op.CAPTURE, Op.ISSUE, Op.PROMOTE, Op.REVOKE, Op.PAGE)
EACH = 3
"""Errors of one operation in a row."""


@pytest.mark.process
def test_an_error_that_repeats_a_value_shows_its_class_and_nothing_else(world, capfd):
    world.hurry(retry_for=6.0)
    incident = world.declare(SENDGRID)
    worker = world.app.working.worker()
    errors = list(_raises(world.old[SENDGRID]).values())
    for number, op in enumerate(OPERATIONS):
        these = errors[number * EACH : (number + 1) * EACH]
        worker.runner.operations[op] = _failing_first(worker.runner.operations[op], these)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    world._workers.append((worker, thread))
    told = set()

    def seen(state):
        told.update(lane.failure.message for lane in state.lanes.values() if lane.failure)
        told.update(str(todo_document(state, each)) for each in todos(state, world.app.clock()))
        return settled(SENDGRID)(state) and state.page.triggered_at

    world.wait(incident, seen, 60)

    printed = capfd.readouterr()
    more = ("terminal", f"{told}{printed.out}{printed.err}".encode())
    found = leaks.search(values(world), places(world, more), {f"{world.folder}/": ""})
    assert found.hits == ()
    log = (world.folder / "bot.log").read_text()
    for error in errors:
        name = type(error).__name__
        assert f'"error": "{name}"' in log, name
    assert any("internal error (ParamValidationError)" in sentence for sentence in told)


def _failing_first(operation, errors):
    left = list(errors)

    def fail(job):
        if left:
            raise left.pop(0)
        return operation(job)

    return fail


# --- the second net -------------------------------------------------------------------------------------------------

SHAPES = {
    "openai": "sk-svcacct-" + "aB3dE6gH9jK2" * 3,
    "openai admin": "sk-admin-" + "aB3dE6gH9jK2" * 3,
    "sendgrid": "SG." + "aB3dE6gH9jK2mN4pQ5" + "." + "aB3dE6gH9jK2mN4pQ5" * 2,
    "stripe": "sk_live_" + "aB3dE6gH9jK2" * 2,
    "slack": "xoxb-123456789012-aB3dE6gH9jK2",
    "github": "ghp_" + "aB3dE6gH9jK2" * 3,
    "redis": "redis://app:aB3dE6gH9jK2mN4pQ5@127.0.0.1:6379/0",
    "postgres": "postgresql://app:aB3dE6gH9jK2mN4pQ5@db.internal:5432/app",
    "bearer": "Authorization: Bearer aB3dE6gH9jK2mN4pQ5rS6",
    "aws": "aws_secret_access_key=" + "aB3dE6gH9jK2mN4pQ5rS" * 2,
    "twilio": "TWILIO_AUTH_TOKEN=" + "aB3dE6gH9jK2mN4pQ5rS6tU7vW8xY9zA",
    "pagerduty": "PAGERDUTY_API_KEY=u+aB3dE6gH9jK2mN4pQ5",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZSJ9.aB3dE6gH9jK2mN4pQ5rS6",
    "supabase": "sb_secret_" + "aB3dE6gH9jK2" * 2,
}
CORES = ("aB3dE6gH9jK2",)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("json_lines", [True, False])
def test_the_log_takes_out_each_known_shape_wherever_it_stands(logged, shape, json_lines):
    stream, value = io.StringIO(), SHAPES[shape]
    logs.configure("DEBUG", json=json_lines, stream=stream)
    log, error = logs.Logger("bot.x"), _chained(value)
    log.info("sent", text=value, deep={"a": [value]}, error=ValueError(value))
    logging.getLogger("botocore").error("body: %s", {"Value": value})
    logging.getLogger("waitress").warning("request %s", value)
    log.error("failed", exc_info=error)
    assert stream.getvalue().count("\n") >= 4
    assert not [core for core in CORES if core in stream.getvalue()]

"""Every value that there has been in a practice world, and every place where one could be seen."""

import os

from bot.drill import leaks
from tests.support.practice import ADMIN_PASSWORD, OLDER_PASSWORD


def values(world):
    """All values there have been, old and new, and the bot's own credentials."""
    ssm = world.aws.aws.client("ssm")
    found = {"admin password": ADMIN_PASSWORD, "older password": OLDER_PASSWORD}
    listed = [each["Name"] for each in ssm.describe_parameters(MaxResults=50)["Parameters"]]
    for name in listed:
        if not name.startswith("/_compromise/"):  # staged values come and go; the fakes know them too
            history = ssm.get_parameter_history(Name=name, WithDecryption=True)["Parameters"]
            found |= {f"{name} {each['Version']}": each["Value"] for each in history}
    for name in ("openai", "sendgrid", "stripe"):
        found |= {f"{name} {key.id}": key.value for key in getattr(world, name).all_keys()}
    found["routing key"] = world.pagerduty.routing_key
    found["AWS secret key"] = os.environ["AWS_SECRET_ACCESS_KEY"]
    return list(found.items())


def places(world, *more):
    yield from leaks.files_below(world.folder)
    yield from leaks.tables(world.folder / "data" / "incidents.sqlite")
    yield leaks.recorded("pagerduty", [repr(alert) for alert in world.pagerduty.alerts])
    yield "metrics", world.app.metrics.text().encode()
    yield from leaks.processes([os.getpid()])
    yield from more


def settled(*names):
    return lambda incident: all(incident.secrets[name].gone and incident.secrets[name].in_place for name in names)

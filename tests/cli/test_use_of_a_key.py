"""A leaked AWS key that someone used before the declaration: the whole way, from the records to the report."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

from bot.incident import events as e
from bot.incident.record.rules import Verdict, used

NAME = "aws-access-key"
ENTRY = """
  - name: aws-access-key
    title: AWS access key
    provider: aws-iam
    parts:
      id: { parameter: "/{environment}/aws/access-key-id", variable: AWS_ACCESS_KEY_ID, secret: false }
      secret: { parameter: "/{environment}/aws/secret-access-key", variable: AWS_SECRET_ACCESS_KEY }
    options: { user: product }
    policy: { rotate_after_days: 90 }
    owner: Platform team
    if_killed: Uploads fail.
    outage: degraded
    kill: reversible
    data: personal
"""


def usual(key_id):
    """A use of the day before, as CloudTrail has it."""
    at = datetime.now(UTC) - timedelta(days=1)
    return {
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::1:user/product", "accessKeyId": key_id},
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}", "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets",
        "awsRegion": "eu-west-1", "sourceIPAddress": "192.0.2.1", "userAgent": "product/1", "eventID": "usual",
    }  # fmt: skip


def test_use_of_a_leaked_key_is_found_followed_and_kept(installation):
    world = installation.world
    catalog = world.folder / "playbooks" / "secrets.yaml"
    catalog.write_text(catalog.read_text().rstrip("\n") + ENTRY)
    product = world.aws.create_person("product")
    world.aws.store("/production/aws/access-key-id", product.key_id)
    world.aws.store("/production/aws/secret-access-key", product.secret.reveal())
    world.front.trail.add(usual(product.key_id))
    eve = world.aws.session_of(product)
    session = eve.client("sts").get_session_token()["Credentials"]["AccessKeyId"]
    eve.client("iam").create_user(UserName="backdoor")

    said = installation.bot("declare", NAME, "-e", "production", "-n", "seen in a gist", "--public")
    assert said.status in {0, 3}, said.err
    (summary,) = installation.bot("list", "--open", "--json").document
    log = [each.event for each in world.app.event_log.events(summary["incident"])]
    looks = [each for each in log if isinstance(each, e.UseLookedUp)]
    found = looks[-1].found
    rows = {row.action: row for row in found.uses}
    assert rows["iam:CreateUser"].what == ("backdoor",)
    assert rows["iam:CreateUser"].key == product.key_id
    assert session in rows["sts:GetSessionToken"].what
    assert {"address", "agent"} <= {*rows["iam:CreateUser"].new}
    assert (found.usual, found.strange) == (1, 2)
    state = world.app.event_log.load(summary["incident"])
    assert used(state, state.secrets[NAME]).verdict is Verdict.OTHERS

    kept = (world.folder / "data" / "reports" / looks[-1].rows.rpartition("/")[2]).read_bytes()
    assert hashlib.sha256(kept).hexdigest() == looks[-1].digest
    lines = [json.loads(line) for line in kept.splitlines()]
    assert {"iam:CreateUser", "sts:GetSessionToken"} <= {line["action"] for line in lines}
    assert product.secret.reveal().encode() not in kept
    assert b"practice" not in kept, "the token of the session"

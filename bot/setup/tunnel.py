"""How a responder's machine reaches the event log: by Session Manager, with their own AWS identity.

Source: AWS Systems Manager user guide, "Start a session", AWS-StartPortForwardingSessionToRemoteHost; its targets in
ECS are ``ecs:CLUSTER_TASK_RUNTIME``.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.settings.model import Settings
from bot.setup.policies import NAME

DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"
PORT = 15432
"""The port of this machine that leads to the database."""


def commands(settings: Settings, region: str) -> list[str]:
    """Lines for a shell, in their order. The database is the one that the settings name."""
    given = [f"export AWS_REGION={region} BOT_ENVIRONMENT={settings.environment}"]
    url = settings.database_url
    if url is None or url.reveal().startswith("sqlite"):
        found = (
            f"aws ec2 describe-instances --filters Name=tag:Name,Values={NAME} Name=instance-state-name,Values=running"
        )
        one = "--query 'Reservations[0].Instances[0].InstanceId' --output text"
        return [*given, f'aws ssm start-session --target "$({found} {one})"']
    place = urlsplit(url.reveal())
    one = f"--cluster {NAME} --desired-status RUNNING --query 'taskArns[0]' --output text"
    there = f"--parameters host={place.hostname},portNumber={place.port or 5432},localPortNumber={PORT}"
    runtime = "--query \"tasks[0].containers[?name=='bot'].runtimeId\" --output text"
    return [
        *given,
        f"task=$(aws ecs list-tasks {one})",
        f'id=$(aws ecs describe-tasks --cluster {NAME} --tasks "$task" {runtime})',
        f'aws ssm start-session --target "ecs:{NAME}_${{task##*/}}_$id" --document-name {DOCUMENT} {there}',
    ]

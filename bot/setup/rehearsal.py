"""What keeps a rehearsal away from real accounts: it does not begin where a credential can be seen."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

METADATA = ("169.254.169.254", 80)
"""Where an instance gets its role's credentials. Source: Amazon EC2 User Guide, instance metadata."""
PATIENCE = 1.0
"""Seconds."""
_NAMES = re.compile(
    r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|DEFAULT_PROFILE|WEB_IDENTITY_TOKEN_FILE"
    r"|CONTAINER_CREDENTIALS_(FULL|RELATIVE)_URI)"
    r"|\w+_(TOKEN|PASSWORD|SECRET|API_KEY|ACCESS_KEY|SECRET_KEY|ROUTING_KEY|ROLE_KEY|ANON_KEY|WEBHOOK_URL)"
    r"|(DATABASE|REDIS|BOT_DATABASE)_URL|PGPASSWORD"
)
"""Variables that hold a credential or lead to one."""
_PROFILES = {"AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials", "AWS_CONFIG_FILE": ".aws/config"}


def metadata_answers() -> bool:
    """Whether this machine can ask for the credentials of a role."""
    try:
        with socket.create_connection(METADATA, PATIENCE):
            return True
    except OSError:
        return False


def visible(
    environ: Mapping[str, str], home: Path, variables: Collection[str], metadata: Callable[[], bool]
) -> Iterator[str]:
    """Names of what was seen, never values. `variables` are those of the catalog, which the product reads."""
    for name in sorted(environ):
        if environ[name] and (name in variables or _NAMES.fullmatch(name)):
            yield f"variable {name}"
    for name, usual in _PROFILES.items():
        path = Path(environ.get(name) or home / usual)
        if path.is_file() and path.stat().st_size:
            yield f"profiles in {path}"
    if metadata():
        yield f"instance metadata at {METADATA[0]}"

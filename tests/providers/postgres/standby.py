"""A real primary with a real streaming standby, both on loopback."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bot.drill.fakes.serving import free_port
from bot.drill.providers.own_server import ELSEWHERE
from bot.drill.providers.postgres.server import PostgreSQL
from tests.providers.postgres.harness import furnish

MAY_COPY = "host replication all 127.0.0.1/32 trust\n"


class Standby(PostgreSQL):
    """Copies from `primary`, and takes logins for reading."""

    def __init__(self, primary: PostgreSQL) -> None:
        self._server, self._own = primary._server, primary._own
        home = Path(tempfile.mkdtemp(prefix=f"{ELSEWHERE}standby-", dir="/tmp"))
        home.chmod(0o711)
        self.folder = home / "data"
        self.folder.mkdir(mode=0o700)
        if self._server.system_user:
            shutil.chown(self.folder, self._server.system_user)
        source = f"host=127.0.0.1 port={primary.port} user=world"
        self._binary("pg_basebackup", "-d", source, "-D", str(self.folder), "-R", "-c", "fast", "--no-sync")
        self.port = free_port()
        self.start(f"-h 127.0.0.1 -p {self.port} -k '' -c fsync=off")


@contextmanager
def primary_and_standby(folder: Path) -> Iterator[tuple[PostgreSQL, Standby]]:
    """Both are ended, whatever happens."""
    primary = PostgreSQL(folder / "primary")
    try:
        furnish(primary)
        rules = primary.folder / "pg_hba.conf"
        rules.write_text(MAY_COPY + rules.read_text())
        primary.run("SELECT pg_reload_conf()")
        standby = Standby(primary)
        try:
            yield primary, standby
        finally:
            standby.stop()
    finally:
        primary.stop()


def follow(standby: Standby, *urls: str) -> None:
    """Waits until the standby accepts what the primary does."""
    for parts in map(urlsplit, urls):
        for _ in range(500):
            if standby.accepts(parts.username, parts.password):
                break
            standby.run("SELECT pg_sleep(0.02)")
        else:
            raise AssertionError(f"the standby does not follow for {parts.username}")

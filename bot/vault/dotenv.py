"""The vault of `development`: the product's own ``.env``, where development values live anyway.

A ``.env`` keeps one value a variable, but the old value is needed until it is proven dead. So the file itself carries,
as comments that the product never reads, what SSM would keep: older versions and labels, one JSON object a line after
``#bot``. Nothing is written beside the file, except an empty lock; it is
replaced whole, keeps its owner, and only that may read it. Where the name is a link, the file that it leads to is
replaced; a link to somebody else's file, or to what is no file, is refused.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from bot.errors import Missing, Refused, Unauthorized, Unexpected
from bot.private import FILE, clear_unfinished, replace_file
from bot.secrets.secret import Secret
from bot.vault.contract import Stored, Version, demand_staged
from bot.vault.dotenv_file import MARK, EnvFile, Record

SYSTEM = "dotenv"
LOCK_SECONDS = 5.0


class DotenvVault:
    """`variables` maps a parameter's name to the variable that holds it (``/development/redis-url`` → ``REDIS_URL``).

    Staged parameters have no variable; they live in comments only.
    """

    def __init__(self, path: Path, variables: Mapping[str, str]) -> None:
        self._path = path
        self._variables = dict(variables)

    def read(self, parameter: str, version: int | None = None) -> Stored:
        verb = f"read {parameter}" + (f":{version}" if version else "")
        for number, value in reversed(self._versions(self._load(verb), parameter)):
            if version in {None, number}:
                return Stored(Secret(value), number)
        raise Missing(SYSTEM, verb, f"{self._path.name} holds no such value")

    def read_some(self, parameters: Iterable[str]) -> dict[str, Stored]:
        file = self._load("read some variables")
        held = {parameter: self._versions(file, parameter) for parameter in dict.fromkeys(parameters)}
        return {name: Stored(Secret(versions[-1][1]), versions[-1][0]) for name, versions in held.items() if versions}

    def put(self, parameter: str, value: Secret, *, expected: int | None = None) -> int:
        verb = f"write {parameter}"
        _check_fits(verb, value)
        if (variable := self._variables.get(parameter)) is None:
            raise Missing(SYSTEM, verb, f"no variable of {self._path.name} is its")
        with self._changing(verb) as file:
            known = file.of(parameter)
            standing = self._standing(file, parameter, variable)
            number = standing.version if standing else max((one.version for one in known), default=0)
            if expected is not None and (standing is None or standing.version != expected):
                said = f"version {number} has been written" if standing else "its variable has been emptied"
                raise Refused(SYSTEM, verb, f"{said} since version {expected} was read")
            if standing is not None:
                kept = known[-1] if known else self._unrecorded(parameter, number)
                known = [*known[:-1], kept.holding(standing.value.reveal())]
            others = [one for one in file.records if one.parameter != parameter]
            file.records = [*others, *known, _new(parameter, number + 1)]
            file.assign(variable, value.reveal())
            return number + 1

    def _standing(self, file: EnvFile, parameter: str, variable: str) -> Stored | None:
        """What the variable holds; None where it is empty or not there."""
        current = file.variable(variable)
        records = file.of(parameter)
        return None if current is None else Stored(Secret(current), records[-1].version if records else 1)

    def label(self, parameter: str, version: int, label: str) -> None:
        verb = f"label version {version} of {parameter}"
        with self._changing(verb) as file:
            numbers = [number for number, _value in self._versions(file, parameter)]
            if version not in numbers:
                raise Missing(SYSTEM, verb, f"{self._path.name} holds no such version")
            if not file.of(parameter):
                file.records.append(self._unrecorded(parameter, version))
            file.records = [
                one.labelled(label, carries=one.version == version) if one.parameter == parameter else one
                for one in file.records
            ]

    def history(self, parameter: str) -> list[Version]:
        verb = f"read the history of {parameter}"
        file = self._load(verb)
        if not (versions := self._versions(file, parameter)):
            raise Missing(SYSTEM, verb, f"{self._path.name} holds no such value")
        records = file.of(parameter) or [self._unrecorded(parameter, versions[-1][0])]
        return [Version(one.version, one.at, one.labels) for one in records]

    def holding(self, value: Secret, parameter: str) -> list[Version]:
        numbers = {number for _, number in self.find(value, [parameter])}
        return [version for version in self.history(parameter) if version.number in numbers]

    def find(self, value: Secret, parameters: Iterable[str]) -> list[tuple[str, int]]:
        file = self._load("search the histories")
        return [
            (parameter, number)
            for parameter in dict.fromkeys(parameters)
            for number, held in self._versions(file, parameter)
            if Secret(held).trimmed.secret_part == value.trimmed.secret_part
        ]

    def newest(self, parameters: Iterable[str]) -> dict[str, int]:
        """See `Vault.newest`: the file's time, since its values are also changed by hand."""
        file = self._load("look for newer values")
        changed = self._path.stat().st_mtime_ns
        return {name: changed for name in dict.fromkeys(parameters) if self._versions(file, name)}

    def written(self, parameters: Iterable[str]) -> dict[str, datetime]:
        """See `Vault.written`: known of what the bot has put there. The file's own time says nothing of one value."""
        file = self._load("look when values were written")
        found: dict[str, datetime] = {}
        for parameter in dict.fromkeys(parameters):
            records = file.of(parameter)
            if records and records[-1].version > 1 and self._versions(file, parameter):
                found[parameter] = records[-1].at
        return found

    def values(self, parameter: str) -> list[Stored]:
        held = self._versions(self._load(f"read the history of {parameter}"), parameter)
        return [Stored(Secret(value), number) for number, value in held]

    def stage(self, parameter: str, value: Secret) -> None:
        verb = f"stage {parameter}"
        demand_staged(SYSTEM, verb, parameter)
        _check_fits(verb, value)
        with self._changing(verb) as file:
            if present := file.of(parameter):
                if Secret(present[-1].value or "") != value:
                    raise Refused(SYSTEM, verb, "another value already stands there")
                return
            file.records.append(_new(parameter, 1).holding(value.reveal()))

    def staged(self, path: str) -> list[str]:
        verb = f"list {path}"
        below = f"{path.rstrip('/')}/"
        demand_staged(SYSTEM, verb, below)
        return sorted(one.parameter for one in self._load(verb).records if one.parameter.startswith(below))

    def unstage(self, parameter: str) -> None:
        verb = f"delete {parameter}"
        demand_staged(SYSTEM, verb, parameter)
        with self._changing(verb) as file:
            file.records = [one for one in file.records if one.parameter != parameter]

    def _versions(self, file: EnvFile, parameter: str) -> list[tuple[int, str]]:
        """Numbers and values, oldest first. The newest value is the variable's, whoever wrote it there."""
        records = file.of(parameter)
        kept = [(one.version, one.value) for one in records if one.value is not None]
        if (name := self._variables.get(parameter)) is None:
            return kept
        current = file.variable(name)
        return kept if current is None else [*kept, (records[-1].version if records else 1, current)]

    def _unrecorded(self, parameter: str, number: int) -> Record:
        """What can be said of a value that somebody else wrote: the file's time, and no name."""
        changed = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        return Record(parameter, number, changed, "")

    def _load(self, verb: str) -> EnvFile:
        return load(self._path, verb)

    @contextmanager
    def _changing(self, verb: str) -> Iterator[EnvFile]:
        """The file under a lock; written back when the block ends without an error."""
        try:
            target = self._target(verb)
            with FileLock(f"{target}.lock", timeout=LOCK_SECONDS, mode=FILE):
                clear_unfinished(target)
                state = target.stat()
                file = load(target, verb)
                before = file.render()
                yield file
                if (after := file.render()) != before:
                    if _stamp(target.stat()) != _stamp(state):  # an editor knows nothing of the lock
                        raise Refused(SYSTEM, verb, f"{target.name} has been changed by another program meanwhile")
                    replace_file(target, after.encode(), like=state)
        except Timeout:
            raise Refused(SYSTEM, verb, f"{self._path.name} is locked by another process") from None
        except FileNotFoundError:
            raise Missing(SYSTEM, verb, _nowhere(self._path)) from None
        except PermissionError:
            raise Unauthorized(SYSTEM, verb, f"{self._path.name} may not be written") from None
        except OSError:
            raise Unexpected(SYSTEM, verb, f"{self._path.name} could not be written") from None

    def _target(self, verb: str) -> Path:
        """The file itself, wherever a link leads. Refused for what is no file, and for a link to somebody else's."""
        target = self._path.resolve(strict=True)
        if not target.is_file():
            raise Refused(SYSTEM, verb, f"{self._path.name} is no file")
        if target.stat().st_uid != self._path.lstat().st_uid:
            raise Refused(SYSTEM, verb, f"{self._path.name} is a link to somebody else's file")
        return target


def _stamp(state: os.stat_result) -> tuple[int, int, int]:
    return state.st_ino, state.st_size, state.st_mtime_ns


def _nowhere(path: Path) -> str:
    return f"there is no file {path.name}: check BOT_VAULT_DOTENV"


def load(path: Path, verb: str) -> EnvFile:
    """The file as it is now. Missing, Unauthorized; Unexpected where it is no text, or a line of ours is damaged."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise Missing(SYSTEM, verb, _nowhere(path)) from None
    except PermissionError:
        raise Unauthorized(SYSTEM, verb, f"{path.name} may not be read") from None
    except (OSError, UnicodeError):
        raise Unexpected(SYSTEM, verb, f"{path.name} cannot be read as text") from None
    try:
        return EnvFile.parse(text)
    except msgspec.DecodeError:
        raise Unexpected(SYSTEM, verb, f"a line of {path.name} that begins with {MARK!r} is damaged") from None


def _new(parameter: str, number: int) -> Record:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        user = ""
    return Record(parameter, number, datetime.now(UTC), user)


def _check_fits(verb: str, value: Secret) -> None:
    clear = value.reveal()
    if not clear:
        raise Refused(SYSTEM, verb, "the value is empty")
    if not clear.isprintable():
        raise Refused(SYSTEM, verb, "the value has line breaks or control characters, which a .env cannot hold")

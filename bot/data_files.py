"""Where playbooks and templates are found: in the installation's own folder first, then in the bot's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from bot.errors import ConfigurationError
from bot.private import make_folder

PACKAGE = Path(__file__).parent
CATALOG = "secrets.yaml"
PLAYBOOK = "secret-compromise.yaml"
DEADLINES = "deadlines.yaml"


def shipped(kind: str) -> Path:
    """A folder that comes with the bot, such as `playbooks` or `docs/policies`: the checkout's, or the wheel's."""
    carried = PACKAGE / "_data" / kind
    return carried if carried.is_dir() else PACKAGE.parent / kind


def find_catalog(user_folder: Path | None) -> Path:
    """The catalog of the installation's folder. ConfigurationError if there is none: the bot's own catalog is an
    example and lists secrets that do not exist here.
    """
    folders = _folders(user_folder, "BOT_PLAYBOOKS")
    if not folders:
        raise ConfigurationError(
            f"BOT_PLAYBOOKS is not set, so there is no catalog. Copy {shipped('playbooks')} to a folder of your own, "
            f"name your secrets in its {CATALOG}, and set BOT_PLAYBOOKS to that folder. Only `bot drill` needs none."
        )
    return _find(CATALOG, folders)


def find_playbook(name: str, user_folder: Path | None = None) -> Path:
    """The file `name` (``deadlines.yaml``) of the user's folder, or the one that comes with the bot. ConfigurationError
    if it is in no folder.
    """
    return _find(name, [*_folders(user_folder, "BOT_PLAYBOOKS"), shipped("playbooks")])


def template_folders(user_folder: Path | None = None) -> tuple[Path, ...]:
    """The folders of templates in the order in which they are searched."""
    return (*_folders(user_folder, "BOT_TEMPLATES"), shipped("templates"))


def playbook_files(user_folder: Path | None = None) -> tuple[Path, ...]:
    """All playbooks, by file name; a user's file replaces ours of the same name. The catalog is not one of them, and
    neither are the law's deadlines.
    """
    found: dict[str, Path] = {}
    for folder in (shipped("playbooks"), *_folders(user_folder, "BOT_PLAYBOOKS")):
        found.update({path.name: path for path in folder.glob("*.yaml") if path.name not in {CATALOG, DEADLINES}})
    return tuple(found[name] for name in sorted(found))


def named_folder(path: Path, name: str) -> Path:
    """The folder that `name`, a setting or an option, names: made where it is missing. ConfigurationError where it
    cannot be.
    """
    try:
        return make_folder(path)
    except OSError as error:
        file = next((str(one) for one in (path, *path.parents) if one.is_file()), "")
        why = f"{file} is a file" if file else error.strerror or type(error).__name__
        raise ConfigurationError(
            f"{name}: the folder {path} can't be made ({why}). Name a folder that you may write to."
        ) from None


def digest_of_playbooks(user_folder: Path | None = None) -> str:
    """SHA-256 over the catalog, the playbooks and the deadlines that are gone by."""
    own = [find_catalog(user_folder), find_playbook(DEADLINES, user_folder), *playbook_files(user_folder)]
    contents = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in own}
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()


def _folders(user_folder: Path | None, setting: str) -> tuple[Path, ...]:
    if user_folder is None:
        return ()
    if not user_folder.is_dir():
        raise ConfigurationError(f"{setting}: {user_folder} is not there; expected a folder")
    return (user_folder,)


def _find(name: str, folders: Iterable[Path]) -> Path:
    folders = tuple(folders)
    if Path(name).name != name:
        raise ConfigurationError(f"{name}: expected a file's name without a folder")
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise ConfigurationError(f"{name}: not found; expected it in {' or '.join(map(str, folders))}")

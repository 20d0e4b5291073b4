"""Catalog and playbook files: their shape, how they are found, read and checked."""

from bot.catalog.catalog import DEVELOPMENT, Catalog, CatalogEntry, NotRotated, Policy
from bot.catalog.deadlines import load_deadlines
from bot.catalog.loader import LeftOut, Loaded, load_catalog, load_playbook, load_playbooks
from bot.data_files import (
    CATALOG,
    DEADLINES,
    PLAYBOOK,
    find_catalog,
    find_playbook,
    find_template,
    playbook_files,
    template_folders,
)

__all__ = [
    "CATALOG",
    "DEADLINES",
    "DEVELOPMENT",
    "PLAYBOOK",
    "Catalog",
    "CatalogEntry",
    "LeftOut",
    "Loaded",
    "NotRotated",
    "Policy",
    "find_catalog",
    "find_playbook",
    "find_template",
    "load_catalog",
    "load_deadlines",
    "load_playbook",
    "load_playbooks",
    "playbook_files",
    "template_folders",
]

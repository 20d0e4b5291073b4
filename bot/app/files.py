"""The files of an installation: its catalog, its playbooks and its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from bot.catalog.catalog import CatalogEntry
from bot.catalog.deadlines import load_deadlines
from bot.catalog.loader import Loaded, load_catalog, load_playbooks
from bot.data_files import DEADLINES, digest_of_playbooks, find_catalog, find_playbook, playbook_files, template_folders
from bot.errors import ConfigurationError
from bot.logs import Logger
from bot.model.obligations import Obligation
from bot.model.playbooks import Audience, Playbook, Preview
from bot.model.secrets import SecretEntry
from bot.people import People, watch_people
from bot.providers import capabilities, provider_class, provider_names
from bot.providers.building import validator_for
from bot.providers.cards import numbered
from bot.settings.model import Settings

SECURITY = "security"
"""The audience of `BOT_SECURITY_CHANNEL`, unless a playbook defines one of this name."""
EVERY_HOUR = 3600.0
_log = Logger(__name__)


@dataclass
class Files:
    """The files that the settings name, each read when it is first asked for."""

    settings: Settings
    _last_digest: str = field(default="", init=False)

    @cached_property
    def loaded(self) -> Loaded:
        """The catalog, and the entries that were left out because their provider does not exist."""
        judged = validator_for(self.settings.host_urls, production=self.settings.production)
        return load_catalog(find_catalog(self.settings.playbooks), provider_names(), judged)

    @cached_property
    def playbooks(self) -> dict[str, Playbook]:
        found = load_playbooks(playbook_files(self.settings.playbooks))
        for playbook in found.values():
            demand_templates(playbook, self.settings.templates)
        return {name: self._with_house(playbook) for name, playbook in found.items()}

    def _with_house(self, playbook: Playbook) -> Playbook:
        """Adds the installation's security channel to the audiences. A planned rotation has no audience outside; its
        message in the common channel is enough.
        """
        if playbook.kind.planned:
            channel = self.settings.rotation_channel or ""
            return replace(playbook, channel=channel)
        security, names = self.settings.security_channel, {each.name for each in playbook.audience}
        audience = playbook.audience
        if security is not None and SECURITY not in names:
            told = Audience(SECURITY, (security,), SECURITY, every=EVERY_HOUR, preview=Preview.NONE)
            audience = (told, *audience)
        return replace(playbook, audience=audience)

    @cached_property
    def obligations(self) -> tuple[Obligation, ...]:
        """The notices that law and contracts require, as counsel wrote them."""
        file = find_playbook(DEADLINES, self.settings.playbooks)
        return load_deadlines(file, self.loaded.catalog.environments)

    @cached_property
    def people(self) -> People:
        """Everyone with rights, as the people file says at this moment; empty if none is named."""
        return People() if self.settings.people is None else watch_people(self.settings.people)

    @cached_property
    def hosts(self) -> Mapping[str, tuple[str, ...]]:
        """By the parameter that opens doors, the places that its entry names."""
        return {entry.main.parameter: entry.hosts for entry in self.loaded.catalog.entries}

    def freeze(self, entry: CatalogEntry) -> SecretEntry:
        """A catalog entry as an incident carries it, with what its provider can do."""
        provider = provider_class(entry.provider, entry.options)
        card, able = provider.card, capabilities(provider, admin=entry.admin_parameter is not None)
        return entry.frozen(
            able,
            console=card.console,
            consoles=dict(card.consoles),
            issue_by_hand=numbered(card.issue_by_hand),
            revoke_by_hand=numbered(card.revoke_by_hand),
            checklist=dict(card.checklist),
            inspects=tuple(card.inspects) if able.inspects else (),
            use_by_hand=card.use_by_hand,
            reaches=dict(card.reaches),
            siblings=tuple(other.sibling() for other in self.loaded.catalog.siblings(entry)),
        )

    def digest(self) -> str:
        """SHA-256 over the catalog, the playbooks and the deadlines in use. If they cannot be read again, the last
        contents stay valid. ConfigurationError or OSError the first time.
        """
        try:
            self._last_digest = digest_of_playbooks(self.settings.playbooks)
        except (ConfigurationError, OSError) as error:
            if not self._last_digest:
                raise
            _log.error("the playbooks cannot be read; what was read before still holds", error=type(error).__name__)
        return self._last_digest


def demand_templates(playbook: Playbook, folder: Path | None) -> None:
    """ConfigurationError if an audience's template is missing: an incident would be too late to notice."""
    known = {
        found.name.removeprefix("update-").removesuffix(".txt.j2")
        for place in template_folders(folder)
        for found in place.glob("update-*.txt.j2")
    }
    for each in playbook.audience:
        if each.template not in known:
            raise ConfigurationError(
                f"playbook {playbook.id}, audience {each.name}: there is no template `{each.template}`; expected one "
                f"of {', '.join(sorted(known))}, or update-{each.template}.txt.j2 in BOT_TEMPLATES"
            )

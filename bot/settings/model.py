"""The settings object, how it is read, and the table that documents show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from bot.errors import ConfigurationError
from bot.model.timings import Timings
from bot.secret import Secret
from bot.settings.table import Row, given, hosts, parameter_name, sentences, table_of, unknown, usual_folder
from bot.settings.timings import DRILL, PRODUCTION
from bot.settings.values import (
    Address,
    Automatic,
    Database,
    Day,
    Hours,
    Level,
    Listening,
    Names,
    Repositories,
    Topics,
    Url,
    Value,
    WholeUrl,
    Zone,
    secret,
    setting,
    slack_address,
)

NEVER_A_PARAMETER = frozenset(
    {
        "BOT_ENVIRONMENT", "AWS_ENDPOINT_URL", "BOT_COMMAND_KEY", "BOT_SSH_KEY", "BOT_PERSON", "BOT_PROVIDERS",
        "BOT_TRACKER_URL", "BOT_DECISIONS_API_URL", "BOT_INTAKE_GITHUB_API_URL", "BOT_INTAKE_GITGUARDIAN_API_URL",
    }
)  # fmt: skip
"""Needed before the first parameter can be read; or a proof of who somebody is, as others who read settings are not; or
what says which code is run, or where what leaves it goes, which is for whoever runs this process to say.
"""


class Settings(BaseModel):
    """Everything that an installation can choose. Secret settings are `Secret`; unset ones are None."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, arbitrary_types_allowed=True, validate_default=True
    )

    environment: Literal["production", "development", "drill"] = setting(
        "BOT_ENVIRONMENT", "where the bot itself runs: `production`, `development` or `drill`", "development"
    )
    slack_bot_token: Value | None = secret("SLACK_BOT_TOKEN", "the app's bot token (`xoxb-…`)")
    slack_signing_secret: Value | None = secret("SLACK_SIGNING_SECRET", "proves that a request comes from Slack")
    slack_app_token: Value | None = secret(
        "SLACK_APP_TOKEN", "app-level token (`xapp-…`); when set, Socket Mode is used", shown="HTTP on `BOT_PORT`"
    )
    slack_app_id: Annotated[str, Field(pattern=r"^A[A-Z0-9]{1,20}$")] | None = setting(
        "BOT_SLACK_APP_ID",
        "the app's id (`A…`, under Basic Information): requests for another app are refused",
        shown="any app whose requests the signing secret vouches for",
    )
    slack_api_url: Url = setting("SLACK_API_URL", "Slack's Web API, for a fake", "https://slack.com/api")
    port: Annotated[int, Field(ge=1, le=65535)] = setting(
        "BOT_PORT", "port for Slack's requests; with Socket Mode nothing listens on it", 3000
    )
    health_address: Listening = setting(
        "BOT_HEALTH_ADDRESS",
        "`HOST:PORT` of `/healthz`, `/readyz` and `/metrics`, which ask nobody who they are",
        Address("127.0.0.1", 3001),
    )
    pagerduty_routing_key: Value | None = secret(
        "BOT_PAGERDUTY_ROUTING_KEY", "Events v2 routing key of the service that is paged", shown="nobody is paged"
    )
    pagerduty_api_key: Value | None = secret(
        "BOT_PAGERDUTY_API_KEY",
        "REST key, for notes on the page, who is on call and acknowledged, and the next level",
        shown="milestones go into the alert's details; only what people do at the bot counts as an answer",
    )
    pager_fallback_routing_key: Value | None = secret(
        "BOT_PAGER_FALLBACK_ROUTING_KEY",
        "routing key of a second PagerDuty service, paged when the first cannot be, or has leaked",
        shown="no second page by PagerDuty",
    )
    pager_sms_to: str | None = setting(
        "BOT_PAGER_SMS_TO",
        "telephone numbers, with commas between, that get text messages in the same cases",
        shown="no text messages",
    )
    twilio_account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-f]{32}$")] | None = setting(
        "BOT_TWILIO_ACCOUNT_SID", "the Twilio account that sends them, not the product's", shown="no text messages"
    )
    twilio_api_key_sid: Annotated[str, Field(pattern=r"^SK[0-9a-f]{32}$")] | None = setting(
        "BOT_TWILIO_API_KEY_SID", "an API key of that account", shown="no text messages"
    )
    twilio_api_key_secret: Value | None = secret("BOT_TWILIO_API_KEY_SECRET", "its secret", shown="no text messages")
    twilio_from: str | None = setting(
        "BOT_TWILIO_FROM", "the number or messaging service (`MG…`) that they come from", shown="no text messages"
    )
    security_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")] | None = setting(
        "BOT_SECURITY_CHANNEL",
        "id of the Slack channel (`C…`) in which the security team gets status updates",
        shown="nobody gets them but whom a playbook's `audience` names",
    )
    rotation_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")] | None = setting(
        "BOT_ROTATION_CHANNEL",
        "id of the Slack channel (`C…`) in which planned rotations have a message and its thread each",
        shown="nothing of them is posted",
    )
    rotation_overlap: Annotated[float, Field(gt=0, le=30 * 24)] = setting(
        "BOT_ROTATION_OVERLAP_HOURS",
        "hours for which a planned rotation keeps the old value beside the new one, unless the catalog says otherwise",
        24,
    )
    tracker_url: WholeUrl | None = setting(
        "BOT_TRACKER_URL", "https address of a webhook that is told of tasks", shown="no tracker is told"
    )
    tracker_secret: Value | None = secret(
        "BOT_TRACKER_SECRET", "with which what it is told is signed", shown="no tracker is told"
    )
    aws_endpoint_url: Url | None = setting(
        "AWS_ENDPOINT_URL", "AWS's address, for a fake; boto3's other variables count too", shown="AWS itself"
    )
    database_url: Database | None = secret(
        "BOT_DATABASE_URL",
        "the event log: SQLite, or PostgreSQL for more than one replica",
        shown="SQLite in `BOT_DATA`",
    )
    data: Path | None = setting(
        "BOT_DATA", "folder of the default database and of reports", shown="`~/.local/share/compromise-bot`"
    )
    decisions: Path | None = setting(
        "BOT_DECISIONS", "the decisions log that closing adds to", shown="`decisions.md` in `BOT_DATA`"
    )
    reports_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None = setting(
        "BOT_REPORTS_BUCKET", "the S3 bucket in which each version of a report is kept", shown="in `BOT_DATA` alone"
    )
    reports_prefix: Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]+/)*$", max_length=200)] = setting(
        "BOT_REPORTS_PREFIX", "what stands before their names there, ending in a slash", "incidents/"
    )
    decisions_repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$")] | None = setting(
        "BOT_DECISIONS_REPOSITORY",
        "`OWNER/NAME` of a private GitHub repository that gets each decision as a pull request",
        shown="none is opened",
    )
    decisions_path: Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]+/)*[A-Za-z0-9._-]+\.md$", max_length=200)] = (
        setting("BOT_DECISIONS_PATH", "the decisions log in that repository", "docs/DECISIONS.md")
    )
    decisions_token: Value | None = secret(
        "BOT_DECISIONS_TOKEN",
        "a fine-grained token of that repository alone: contents and pull requests, read and write",
        shown="none is opened",
    )
    decisions_api: Url = setting("BOT_DECISIONS_API_URL", "GitHub's REST API, for a fake or GitHub Enterprise",
                                 "https://api.github.com")  # fmt: skip
    intake_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")] | None = setting(
        "BOT_INTAKE_CHANNEL",
        "id of the Slack channel (`C…`) in which leaks that were reported from outside are proposed for declaration",
        shown="`bot alerts` alone has them",
    )
    intake_github_secret: Value | None = secret(
        "BOT_INTAKE_GITHUB_SECRET",
        "the secret of GitHub's webhook for secret scanning alerts, for the front",
        shown="`/intake/github` is off",
    )
    intake_github_repositories: Repositories | None = setting(
        "BOT_INTAKE_GITHUB_REPOSITORIES",
        "`OWNER/NAME` of the repositories whose alerts count, with commas between",
        shown="nobody's alerts count",
    )
    intake_github_token: Value | None = secret(
        "BOT_INTAKE_GITHUB_TOKEN",
        "a fine-grained token of those repositories alone, for the worker: secret scanning alerts, read (write to have "
        "them resolved there)",
        shown="GitHub is not asked",
    )
    intake_github_api: Url = setting(
        "BOT_INTAKE_GITHUB_API_URL", "GitHub's REST API, for a fake or GitHub Enterprise", "https://api.github.com"
    )
    intake_gitguardian_secret: Value | None = secret(
        "BOT_INTAKE_GITGUARDIAN_SECRET",
        "the signature token of GitGuardian's custom webhook, for the front",
        shown="`/intake/gitguardian` is off",
    )
    intake_gitguardian_token: Value | None = secret(
        "BOT_INTAKE_GITGUARDIAN_TOKEN",
        "a service account's token, for the worker: incidents, read (write to have them resolved there)",
        shown="GitGuardian is not asked",
    )
    intake_gitguardian_api: Url = setting(
        "BOT_INTAKE_GITGUARDIAN_API_URL",
        "GitGuardian's API, for a fake, the European one or your own",
        "https://api.gitguardian.com/v1",
    )
    intake_aws_topics: Topics | None = setting(
        "BOT_INTAKE_AWS_TOPICS",
        "ARNs of SNS topics, with commas between: after their notifications, and every quarter of an hour, the worker "
        "looks for users that AWS has put under quarantine",
        shown="`/intake/aws` is off, and AWS is not asked",
    )
    intake_auto: Automatic | None = setting(
        "BOT_INTAKE_AUTO",
        "`SOURCE:SECRET` (`github:openai-api-key`, `github:*`), with commas between: declared at once, and nothing is "
        "ended before a person consents",
        shown="every leak is proposed",
    )
    intake_owner: str | None = setting(
        "BOT_INTAKE_OWNER",
        "who in the people file finds out what an alert is that holds no known value",
        shown="the first with `command`",
    )
    intake_triage_hours: Annotated[float, Field(gt=0, le=720)] = setting(
        "BOT_INTAKE_TRIAGE_HOURS", "within how many hours", 24
    )
    playbooks: Path | None = setting("BOT_PLAYBOOKS", "folder of your catalog and playbooks", shown="those shipped")
    templates: Path | None = setting("BOT_TEMPLATES", "folder of your report templates", shown="those shipped")
    people: Path | None = setting("BOT_PEOPLE", "YAML file of who is who, with what rights", shown="nobody may approve")
    ssh_key: Path | None = setting(
        "BOT_SSH_KEY",
        "file of an SSH key (or its public half, for ssh-agent) by which a terminal proves who you are",
        shown="your AWS identity proves it",
    )
    person: str | None = setting(
        "BOT_PERSON", "who you are in the people file, where an SSH key proves it", shown="told by AWS"
    )
    command_key: Value | None = secret(
        "BOT_COMMAND_KEY",
        "the key by which a front without AWS proves its commands: what stands in `/bot/command-key`",
        shown="read from `/bot/command-key`",
    )
    command_kms_key: str | None = setting(
        "BOT_COMMAND_KMS_KEY",
        "KMS key under which the worker makes `/bot/command-key`: one that the front may use",
        shown="`alias/aws/ssm`",
    )
    staging_kms_key: str | None = setting(
        "BOT_STAGING_KMS_KEY", "KMS key of the staging area under `/_compromise/`", shown="nothing can be rotated"
    )
    confirm_seconds: Annotated[float, Field(gt=0, le=3600)] | None = setting(
        "BOT_CONFIRM_SECONDS",
        "seconds between the refusals that prove an old key dead",
        shown=f"{PRODUCTION.confirm:g}, in a drill {DRILL.confirm:g}",
    )
    time_zone: Zone = setting(
        "BOT_TIME_ZONE", "where the responders live, such as `Europe/Berlin`: their day and night are told by it", "UTC"
    )
    day: Day = setting(
        "BOT_DAY",
        "their day, `HH:MM-HH:MM`: reminders wait for it; at night only what cannot wait pages",
        Hours(8 * 60, 20 * 60),
    )
    log_level: Level = setting(
        "BOT_LOG_LEVEL", "`DEBUG`, `INFO`, `WARNING` or `ERROR`; other programs' loggers stay at `WARNING`", "INFO"
    )
    vault_dotenv: Path | None = setting(
        "BOT_VAULT_DOTENV",
        "the product's `.env`, where the secrets of `development` live, and nothing else",
        shown="SSM as elsewhere",
    )
    providers: Names | None = setting(
        "BOT_PROVIDERS",
        "providers of other installed packages, with commas between: only these are loaded, and get admin credentials",
        shown="the built-in ones only",
    )
    host_urls: Mapping[tuple[str, str], Url] = Field(
        default_factory=dict, description="provider's name and host's role, to the address that replaces the card's"
    )
    unknown: tuple[str, ...] = Field(default=(), description="variables named BOT_… that mean nothing here")

    @field_validator("slack_api_url")
    @classmethod
    def _slack_itself(cls, value: str, info: ValidationInfo) -> str:
        return slack_address(value, production=info.data.get("environment", "production") == "production")

    @classmethod
    def load(cls, environ: Mapping[str, str], read_parameter: Callable[[str], Secret | None] | None = None) -> Self:
        """Settings from `environ`; in production, what it lacks from `read_parameter(name)`, None if there is none.

        An empty variable counts as unset. Raises ConfigurationError naming every variable that is wrong.
        """
        rows = table_of(cls)
        found: dict[str, object] = dict(given(rows, environ))
        if found.get("BOT_ENVIRONMENT") == "production" and read_parameter is not None:
            for row in rows:
                if row.variable not in found and row.variable not in NEVER_A_PARAMETER:
                    value = read_parameter(parameter_name(row.variable))
                    if value is not None:
                        found[row.variable] = value if row.secret else value.reveal().strip()
        found.setdefault("BOT_DATA", usual_folder(environ))
        try:
            return cls(**found, host_urls=dict(hosts(rows, environ)), unknown=tuple(unknown(rows, environ)))  # type: ignore[arg-type]
        except ValidationError as error:
            raise ConfigurationError("\n".join(sorted(sentences(error)))) from None

    @property
    def production(self) -> bool:
        return self.environment == "production"

    def credentials(self) -> Iterator[tuple[str, Secret]]:
        """Every secret setting that is set, by its variable."""
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, Secret) and isinstance(info.validation_alias, str):
                yield info.validation_alias, value

    @property
    def data_folder(self) -> Path:
        """Where the default database and the reports are."""
        assert self.data is not None
        return self.data

    @property
    def database(self) -> Secret:
        """The event log's URL: as set, or SQLite in the data folder."""
        return self.database_url or Secret(f"sqlite:///{self.data_folder / 'incidents.sqlite'}")

    @property
    def decisions_file(self) -> Path:
        return self.decisions or self.data_folder / "decisions.md"

    @property
    def timings(self) -> Timings:
        """Those of a drill or of production (development has them too), with what is set on top."""
        usual = DRILL if self.environment == "drill" else PRODUCTION
        confirm, day = self.confirm_seconds or usual.confirm, self.day
        return replace(
            usual,
            confirm=confirm,
            time_zone=self.time_zone,
            day_from=day.start * 60.0,
            day_until=day.end * 60.0,
        )


def settings_table() -> tuple[Row, ...]:
    """All variables in the order of documents and `.env.example`, without the `BOT_<PROVIDER>_<HOST>_URL` family."""
    return table_of(Settings)

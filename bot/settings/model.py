"""The settings object, how it is read, and the table that documents show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from bot.errors import ConfigurationError
from bot.incident.bounds import LONGEST_OVERLAP
from bot.model.timings import Timings
from bot.secrets.secret import Secret
from bot.settings.table import Row, given, hosts, parameter_name, sentences, table_of, unknown, usual_folder
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
    Url,
    Value,
    Zone,
    secret,
    setting,
    slack_address,
)

type ReadParameters = Callable[[Sequence[str]], Mapping[str, Secret]]
"""The values of those parameters that exist, by name."""

PRODUCTION = Timings()
DRILL = Timings(
    confirm=1.0,
    retry_for=10.0,
    overlap=5.0,
    approval_expires=60.0,
    http_timeout=5.0,
    sweep_wait=5.0,
    watch=2.0,
    records=1.0,
)


class Settings(BaseModel):
    """Everything that an installation can choose. Secret settings are `Secret`; unset ones are None."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, arbitrary_types_allowed=True, validate_default=True
    )

    environment: Literal["production", "development", "drill"] = setting(
        "BOT_ENVIRONMENT",
        "where the bot itself runs: `production`, `development` or `drill`",
        "development",
        parameter=False,
    )
    confirm_seconds: Annotated[float, Field(gt=0, le=3600)] | None = setting(
        "BOT_CONFIRM_SECONDS",
        "seconds between the rejections that confirm an old key dead",
        shown=f"{PRODUCTION.confirm:g}, in a drill {DRILL.confirm:g}",
    )
    time_zone: Zone = setting(
        "BOT_TIME_ZONE", "where the responders live, such as `Europe/Berlin`; it sets their day and night", "UTC"
    )
    day: Day = setting(
        "BOT_DAY",
        "their day, `HH:MM-HH:MM`: reminders wait for it; at night only urgent things page",
        Hours(8 * 60, 20 * 60),
    )
    host_urls: Mapping[tuple[str, str], Url] = Field(
        default_factory=dict, description="provider's name and host's role, to the address that replaces the card's"
    )
    slack_bot_token: Value | None = secret("SLACK_BOT_TOKEN", "the app's bot token (`xoxb-…`)")
    slack_signing_secret: Value | None = secret("SLACK_SIGNING_SECRET", "proves that a request comes from Slack")
    slack_app_token: Value | None = secret(
        "SLACK_APP_TOKEN", "app-level token (`xapp-…`); when set, Socket Mode is used", shown="HTTP on `BOT_PORT`"
    )
    slack_app_id: Annotated[str, Field(pattern=r"^A[A-Z0-9]{1,20}$")] | None = setting(
        "BOT_SLACK_APP_ID",
        "the app's id (`A…`, under Basic Information): requests for another app are refused",
        shown="any app with this signing secret",
    )
    slack_api_url: Url = setting(
        "SLACK_API_URL", "Slack's Web API, for a fake or GovSlack", "https://slack.com/api", parameter=False
    )
    port: Annotated[int, Field(ge=1, le=65535)] = setting(
        "BOT_PORT", "port for Slack's requests; with Socket Mode nothing listens on it", 3000
    )
    health_address: Listening = setting(
        "BOT_HEALTH_ADDRESS",
        "`HOST:PORT` of `/healthz`, `/readyz` and `/metrics`, which need no sign-in",
        Address("127.0.0.1", 3001),
    )
    security_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")] | None = setting(
        "BOT_SECURITY_CHANNEL",
        "id of the Slack channel (`C…`) in which the security team gets status updates",
        shown="only a playbook's `audience` gets them",
    )
    rotation_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")] | None = setting(
        "BOT_ROTATION_CHANNEL",
        "id of the Slack channel (`C…`) in which planned rotations have a message and its thread each",
        shown="they are not posted",
    )
    rotation_overlap: Annotated[float, Field(gt=0, le=LONGEST_OVERLAP / timedelta(hours=1))] = setting(
        "BOT_ROTATION_OVERLAP_HOURS",
        "hours for which a planned rotation keeps the old key beside the new one, if the catalog names no other",
        24,
    )
    aws_endpoint_url: Url | None = setting(
        "AWS_ENDPOINT_URL",
        "AWS's address, for a fake; boto3's other variables count too",
        shown="AWS itself",
        parameter=False,
    )
    product_role: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$")] | None = (
        setting(
            "BOT_PRODUCT_ROLE",
            "ARN of the role in the product's account, where the bot has an account of its own: the worker assumes it",
            shown="the product is in the bot's own account",
            parameter=False,
        )
    )
    product_external_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@:/-]+$")] | None = setting(
        "BOT_PRODUCT_EXTERNAL_ID",
        "the external id that this role's trust policy asks for",
        shown="none",
        parameter=False,
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
    intake_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")] | None = setting(
        "BOT_INTAKE_CHANNEL",
        "id of the Slack channel (`C…`) in which leaks that were reported from outside are proposed for declaration",
        shown="`bot news alerts` alone has them",
    )
    intake_github_repositories: Repositories | None = setting(
        "BOT_INTAKE_GITHUB_REPOSITORIES",
        "`OWNER/NAME` of the repositories whose alerts count, with commas between",
        shown="no alerts count",
    )
    intake_github_token: Value | None = secret(
        "BOT_INTAKE_GITHUB_TOKEN",
        "a fine-grained token of those repositories alone, for the worker: secret scanning alerts, read",
        shown="GitHub is not asked",
    )
    intake_github_api: Url = setting(
        "BOT_INTAKE_GITHUB_API_URL",
        "GitHub's REST API, for a fake or GitHub Enterprise",
        "https://api.github.com",
        parameter=False,
    )
    intake_gitguardian_token: Value | None = secret(
        "BOT_INTAKE_GITGUARDIAN_TOKEN",
        "a service account's token, for the worker: incidents, read",
        shown="GitGuardian is not asked",
    )
    intake_gitguardian_api: Url = setting(
        "BOT_INTAKE_GITGUARDIAN_API_URL",
        "GitGuardian's API, for a fake, the European one or your own",
        "https://api.gitguardian.com/v1",
        parameter=False,
    )
    intake_aws: Literal["yes"] | None = setting(
        "BOT_INTAKE_AWS",
        "`yes`: the worker looks each minute for users of the catalog that AWS has put under quarantine",
        shown="AWS is not asked",
    )
    intake_auto: Automatic | None = setting(
        "BOT_INTAKE_AUTO",
        "`SOURCE:SECRET` (`github:openai-api-key`, `github:*`), with commas between: declared at once; no key is "
        "revoked before a person approves",
        shown="every leak is proposed",
    )
    playbooks: Path | None = setting(
        "BOT_PLAYBOOKS", "folder of your catalog and playbooks", shown="no catalog; the shipped playbooks"
    )
    templates: Path | None = setting("BOT_TEMPLATES", "folder of your report templates", shown="those shipped")
    people: Path | None = setting("BOT_PEOPLE", "YAML file of who is who, with what rights", shown="no one can approve")
    ssh_key: Path | None = setting(
        "BOT_SSH_KEY",
        "file of an SSH key (or its public half, for ssh-agent) by which a terminal proves who you are",
        shown="your AWS identity proves it",
        parameter=False,
    )
    person: str | None = setting(
        "BOT_PERSON", "who you are in the people file, where an SSH key proves it", shown="told by AWS", parameter=False
    )
    command_key: Value | None = secret(
        "BOT_COMMAND_KEY",
        "the key by which a front without AWS proves its commands: the value of `/bot/command-key`",
        shown="read from `/bot/command-key`",
        parameter=False,
    )
    command_kms_key: str | None = setting(
        "BOT_COMMAND_KMS_KEY",
        "KMS key under which the worker makes `/bot/command-key`: one that the front may use",
        shown="`alias/aws/ssm`",
    )
    staging_kms_key: str | None = setting(
        "BOT_STAGING_KMS_KEY", "KMS key of the staging area under `/_compromise/`", shown="nothing can be rotated"
    )
    log_level: Level = setting(
        "BOT_LOG_LEVEL", "`DEBUG`, `INFO`, `WARNING` or `ERROR`; other programs' loggers stay at `WARNING`", "INFO"
    )
    providers: Names | None = setting(
        "BOT_PROVIDERS",
        "providers of other installed packages, with commas between; only these are loaded and get admin credentials",
        shown="the built-in ones only",
        parameter=False,
    )
    pagerduty_routing_key: Value | None = secret(
        "BOT_PAGERDUTY_ROUTING_KEY", "Events v2 routing key of the service that is paged", shown="no page"
    )
    pagerduty_api_key: Value | None = secret(
        "BOT_PAGERDUTY_API_KEY",
        "REST key, for notes on the page",
        shown="milestones go into the alert's details",
    )
    pager_fallback_routing_key: Value | None = secret(
        "BOT_PAGER_FALLBACK_ROUTING_KEY",
        "routing key of a second PagerDuty service, paged when the first cannot be, or has leaked",
        shown="no second page by PagerDuty",
    )
    reports_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None = setting(
        "BOT_REPORTS_BUCKET", "the S3 bucket in which each version of a report is kept", shown="in `BOT_DATA` alone"
    )
    evidence_days: Annotated[int, Field(ge=1)] | None = setting(
        "BOT_EVIDENCE_DAYS",
        "days after the close at which a worker deletes the records of use on its disk; they hold personal data",
        shown="they are kept",
    )
    unknown: tuple[str, ...] = Field(default=(), description="BOT_… variables that are unknown")

    @classmethod
    def load(cls, environ: Mapping[str, str], read_parameters: ReadParameters | None = None) -> Self:
        """Settings from `environ`; in production, missing ones from `read_parameters`.

        An empty variable counts as unset. Raises ConfigurationError naming every variable that is wrong.
        """
        rows = table_of(cls)
        found: dict[str, object] = dict(given(rows, environ))
        if found.get("BOT_ENVIRONMENT") == "production" and read_parameters is not None:
            lacking = {parameter_name(row.variable): row for row in rows if row.variable not in found and row.parameter}
            for name, value in read_parameters(list(lacking)).items():
                found[lacking[name].variable] = value if lacking[name].secret else value.reveal().strip()
        found.setdefault("BOT_DATA", usual_folder(environ))
        try:
            return cls(**found, host_urls=dict(hosts(rows, environ)), unknown=tuple(unknown(rows, environ)))  # type: ignore[arg-type]
        except ValidationError as error:
            raise ConfigurationError("\n".join(sorted(sentences(error)))) from None

    def credentials(self) -> Iterator[tuple[str, Secret]]:
        """Every secret setting that is set, by its variable."""
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, Secret) and isinstance(info.validation_alias, str):
                yield info.validation_alias, value

    @field_validator("slack_api_url")
    @classmethod
    def _slack_itself(cls, value: str, info: ValidationInfo) -> str:
        return slack_address(value, production=info.data.get("environment", "production") == "production")

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def timings(self) -> Timings:
        """The timings of a drill or of production (development has the same), with the set values on top."""
        usual = DRILL if self.environment == "drill" else PRODUCTION
        confirm, day = self.confirm_seconds or usual.confirm, self.day
        return replace(
            usual,
            confirm=confirm,
            time_zone=self.time_zone,
            day_from=day.start * 60.0,
            day_until=day.end * 60.0,
        )

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


def settings_table() -> tuple[Row, ...]:
    """All variables in the order of documents and `.env.example`, without the `BOT_<PROVIDER>_<HOST>_URL` family."""
    return table_of(Settings)

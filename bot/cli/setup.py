"""What makes an installation: setup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from bot.cli import status
from bot.cli.arguments import flag, option
from bot.cli.terminal import Terminal
from bot.data_files import CATALOG
from bot.errors import ConfigurationError, Misuse
from bot.phrases.times import counted

if TYPE_CHECKING:
    from bot.catalog.catalog import Catalog
    from bot.documents import Document
    from bot.people import Listing
    from bot.settings.model import Settings
    from bot.setup.answers import Answers
    from bot.setup.files import Written

SAID = {
    "new": "{} is new.",
    "changed": "{} changed:",
    "edited": "{} was edited by hand and stays as it is. The answers ask for:",
}


def setup(
    terminal: Terminal,
    *,
    given: Annotated[
        Path | None, option("--from", "FILE", "Your answers, in place of questions: DIR/answers.yaml if it exists.")
    ] = None,
    into: Annotated[Path, option("--into", "DIR", "The folder to write to.")] = Path("installation"),
    check: Annotated[bool, flag("--check", "Compare with the AWS account, and write nothing.")] = False,
) -> int:
    """Write what an installation needs from a few answers: policies, people, settings, Terraform's variables.

    It asks, and keeps the answers in DIR/answers.yaml. Edit them there and run it again: it shows what changes, and
    leaves alone what you edited by hand. With a catalog in DIR/playbooks it also writes a policy for each Lambda
    function of the catalog.

    For example:
      bot setup
      bot setup --from answers.yaml --into installation --json
      bot setup --check
    """
    from bot.setup.answers import checked
    from bot.setup.files import files, write

    source = given or into / "answers.yaml"
    document = _document(terminal, source, asked=given is None and not check)
    answers, people = checked(document)
    if check:
        return _check(terminal, answers, people)
    written = write(into, files(answers, people, document, _catalog(terminal, into / "playbooks" / CATALOG)))
    terminal.document({"folder": into, "files": written})
    for each in written:
        _tell(terminal, each)
    terminal.say(f"{into} is up to date. Next: docs/installation.md.", style="green")
    return status.DONE


def _catalog(terminal: Terminal, path: Path) -> Catalog | None:
    """The catalog for the policies of functions; None while there is none, or a mistake or open question in it."""
    if not path.is_file():
        return None
    from bot.catalog.loader import load_catalog
    from bot.providers import provider_names

    try:
        return load_catalog(path, provider_names()).catalog
    except ConfigurationError as error:
        terminal.hint(f"No policies of functions yet:\n{error}", style="yellow", warns=True)
        return None


def _document(terminal: Terminal, source: Path, *, asked: bool) -> Document:
    """The answers of the file, or of a person, which are kept there."""
    from bot.documents import Document, read

    if not asked or source.exists():
        return read(source)
    if not terminal.interactive:
        raise Misuse(f"{source} is not there, and no one can be asked. Enter --from FILE with your answers.")
    from bot.setup.answers import ask_all, checked
    from bot.setup.files import as_yaml, keep

    said = ask_all(lambda question, usual: str(typer.prompt(question, default=usual, err=True)).strip())
    checked(Document(source, said, {}, ""))
    keep(source, as_yaml(said))
    return read(source)


def _tell(terminal: Terminal, written: Written) -> None:
    if written.state in SAID:
        terminal.say(SAID[written.state].format(written.name), style="bold" if written.state == "edited" else "")
        terminal.text(written.diff)


def _check(terminal: Terminal, answers: Answers, people: Listing) -> int:
    """Says how the account differs from the answers."""
    from bot.setup.account import differences

    found = differences(answers, people, terminal.offline.outside.aws)
    terminal.document({"differences": found})
    for each in found:
        terminal.say(f"{each.what}: {each.said}", style="bold red")
    terminal.say(f"{len(found)} differ." if found else "The account is as the answers say.", style="bold")
    return status.FAILED if found else status.DONE


def catalog(
    terminal: Terminal,
    *,
    into: Annotated[Path, option("--into", "DIR", "The folder of your installation.")] = Path("installation"),
    example: Annotated[Path, option("--env-example", "FILE", "Names of variables.")] = Path(".env.example"),
    values: Annotated[
        bool, flag("--read-values", "Tell providers by values too. Needs a role that may decrypt the parameters.")
    ] = False,
) -> int:
    """Draft DIR/playbooks/secrets.yaml from the account's parameters, their tags, Lambda functions and .env.example.

    A `?` is a question that only you can answer: `bot catalog check` lists them. A parameter's tag that is called as a
    field of the catalog, such as owner, is an answer. Values are neither shown nor kept.

    For example:
      bot setup catalog
      bot setup catalog --read-values --env-example ../product/.env.example --json
    """
    from bot.setup.catalog import Sources, as_yaml, draft, functions, parameters, questions, variables
    from bot.setup.files import keep

    path = into / "playbooks" / CATALOG
    if path.exists():
        raise Misuse(f"{path} exists and stays as it is. Move it away for a new draft.")
    outside = terminal.offline.outside
    listed = [*parameters(outside.product, outside.vault if values else None)]
    found = draft(Sources(listed, functions(outside.product), variables(example)))
    keep(path, as_yaml(found))
    asked = questions(found)
    terminal.document({"catalog": path, "questions": asked})
    terminal.say(f"{path} has {counted(len(asked), 'open question')}: answer each `?`, then `bot setup` again.")
    return status.DONE


def slack(terminal: Terminal) -> int:
    """Print the link that makes the Slack app, then check tokens, scopes, channels, and the people of the people file.

    For example:
      bot setup slack
      bot setup slack --json
    """
    from bot.cli.diagnostics import slack as diagnostics
    from bot.cli.doctor import observe, tell
    from bot.slack.manifest import link

    terminal.say("Make the app by this link, and install it to your workspace:")
    terminal.command(link())
    findings = [observe(terminal, check) for check in diagnostics.CHECKS.of(terminal.application)]
    terminal.document({"link": link(), "checks": findings})
    for finding in findings:
        tell(terminal, finding)
    return status.FAILED if any(finding.state == "failed" for finding in findings) else status.DONE


def terminal(here: Terminal) -> int:
    """Print how this machine reaches the event log by Session Manager, for the person whose AWS credentials are here.

    On Fargate that is a tunnel to the database; on one instance, a session on the host.

    For example:
      bot setup terminal
      bot setup terminal --json
    """
    application = here.application
    caller = application.outside.caller
    person = application.files.people.by_principal(caller)
    lines = _session(application.settings, application.outside.aws.region)
    here.document({"principal": caller, "person": person.name, "commands": lines})
    here.say(f"For {person.name}, {caller}:")
    for line in lines:
        here.command(line)
    if not person.rights:
        here.say("This identity has no rights in the people file: check `principal` there.", style="yellow")
    return status.DONE


# How a responder's machine reaches the event log: by Session Manager, with their own AWS identity.
# Source: AWS Systems Manager user guide, "Start a session", AWS-StartPortForwardingSessionToRemoteHost; its targets in
# ECS are ``ecs:CLUSTER_TASK_RUNTIME``.

DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"
PORT = 15432
"""The port of this machine that leads to the database."""


def _session(settings: Settings, region: str) -> list[str]:
    """Lines for a shell, in their order. The database is the one that the settings name."""
    from bot.setup.policies import NAME

    given = [f"export AWS_REGION={region} BOT_ENVIRONMENT={settings.environment}"]
    url = settings.database_url
    if url is None or url.reveal().startswith("sqlite"):
        found = (
            f"aws ec2 describe-instances --filters Name=tag:Name,Values={NAME} Name=instance-state-name,Values=running"
        )
        one = "--query 'Reservations[0].Instances[0].InstanceId' --output text"
        return [*given, f'aws ssm start-session --target "$({found} {one})"']
    place = urlsplit(url.reveal())
    one = f"--cluster {NAME} --desired-status RUNNING --query 'taskArns[0]' --output text"
    there = f"--parameters host={place.hostname},portNumber={place.port or 5432},localPortNumber={PORT}"
    runtime = "--query \"tasks[0].containers[?name=='bot'].runtimeId\" --output text"
    return [
        *given,
        f"task=$(aws ecs list-tasks {one})",
        f'id=$(aws ecs describe-tasks --cluster {NAME} --tasks "$task" {runtime})',
        f'aws ssm start-session --target "ecs:{NAME}_${{task##*/}}_$id" --document-name {DOCUMENT} {there}',
    ]

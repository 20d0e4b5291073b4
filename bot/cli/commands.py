"""The program's commands in the order in which help lists them: each one's module, and two examples of it.

A new command is its function in a module of this folder, and its row here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`module` is a file of this folder, which has a `register(app)`. The examples stand under the command's help."""

    module: str
    examples: tuple[str, str]


COMMANDS = {
    "declare": Row(
        "declare",
        ("bot declare openai-api-key --notice 'in a public gist' --public", "bot declare --all -e staging --private"),
    ),
    "rotate": Row("rotate", ("bot rotate openai-api-key --dry-run", "bot rotate --due -e staging --yes")),
    "list": Row("show", ("bot list", "bot list --open --json")),
    "show": Row("show", ("bot show inc_ab12cd", "bot show inc_ab12cd --json")),
    "timeline": Row("show", ("bot timeline inc_ab12cd", "bot timeline inc_ab12cd --all")),
    "plan": Row("show", ("bot plan inc_ab12cd", "bot plan inc_ab12cd --json")),
    "approve": Row(
        "approvals",
        ("bot approve inc_ab12cd --digest 4f1c9a02b7de5566", "bot approve inc_ab12cd --proposal 2"),
    ),
    "reject": Row(
        "approvals",
        (
            "bot reject inc_ab12cd --reason 'payments run until ten'",
            "bot reject inc_ab12cd --proposal 2 --reason 'the consumers are well again'",
        ),
    ),
    "kill": Row("old_values", ("bot kill inc_ab12cd openai-api-key", "bot kill inc_ab12cd openai-api-key --no-wait")),
    "break-glass": Row(
        "old_values",
        (
            "bot break-glass inc_ab12cd openai-api-key --reason 'it is being used, and nobody else answers'",
            "bot break-glass inc_ab12cd openai-api-key --reason 'AWS is down' --at-worker",
        ),
    ),
    "review": Row(
        "old_values",
        (
            "bot review inc_ab12cd --reason 'right: nobody else was awake'",
            "bot review inc_ab12cd openai-api-key --reason 'right: it was being used'",
        ),
    ),
    "retry": Row("lifecycle", ("bot retry inc_ab12cd", "bot retry inc_ab12cd old:openai-api-key")),
    "add": Row(
        "lifecycle",
        (
            "bot add inc_ab12cd sendgrid-api-key stripe-secret-key",
            "bot add inc_ab12cd sendgrid-api-key --strategy sendgrid-api-key=overlap",
        ),
    ),
    "replace": Row(
        "new_values", ("bot replace inc_ab12cd openai-api-key", "bot replace inc_ab12cd openai-api-key --no-wait")
    ),
    "strategy": Row(
        "old_values",
        (
            "bot strategy inc_ab12cd openai-api-key kill-first --reason 'it is being used'",
            "bot strategy inc_ab12cd openai-api-key overlap --reason 'payments hang on it'",
        ),
    ),
    "roll-back": Row(
        "new_values",
        (
            "bot roll-back inc_ab12cd openai-api-key --reason 'the worker answers 500 with the new key'",
            "bot roll-back inc_ab12cd openai-api-key --reason 'checkout is down' --no-wait",
        ),
    ),
    "abuse": Row(
        "old_values",
        (
            "bot abuse inc_ab12cd openai-api-key 'completions from an address in no region of ours'",
            "bot abuse inc_ab12cd sendgrid-api-key '40,000 mails since 02:10' --no-wait",
        ),
    ),
    "choose": Row(
        "old_values",
        ("bot choose inc_ab12cd openai-api-key key_8d41", "bot choose inc_ab12cd openai-api-key key_8d41 --no-wait"),
    ),
    "use": Row(
        "new_values",
        (
            "bot use inc_ab12cd openai-api-key --reason 'the provider is down and the key was just made'",
            "bot use inc_ab12cd openai-api-key --reason 'its rights are right' --no-wait",
        ),
    ),
    "refuse": Row(
        "new_values",
        (
            "bot refuse inc_ab12cd openai-api-key --reason 'it was pasted in a chat'",
            "bot refuse inc_ab12cd stripe-secret-key --reason 'it is of the wrong account'",
        ),
    ),
    "scopes": Row(
        "new_values",
        (
            "bot scopes inc_ab12cd sendgrid-api-key mail.send",
            "bot scopes inc_ab12cd sendgrid-api-key mail.send templates.read --no-wait",
        ),
    ),
    "revoked": Row(
        "old_values",
        ("bot revoked inc_ab12cd stripe-secret-key", "bot revoked inc_ab12cd stripe-secret-key --no-wait"),
    ),
    "attest": Row(
        "old_values",
        (
            "bot attest inc_ab12cd smtp-password --reason 'the provider closed the account'",
            "bot attest inc_ab12cd smtp-password --reason 'the server is switched off' --no-wait",
        ),
    ),
    "close": Row(
        "lifecycle",
        ("bot close inc_ab12cd", "bot close inc_ab12cd --accept task:t2 --reason 'ticket PAY-112'"),
    ),
    "page": Row(
        "lifecycle",
        (
            "bot page inc_ab12cd --reason 'the vendor says that the key was used'",
            "bot page inc_ab12cd --reason 'I need a second pair of hands' --no-wait",
        ),
    ),
    "reopen": Row(
        "lifecycle",
        (
            "bot reopen inc_ab12cd --reason 'the key was in a second repository'",
            "bot reopen inc_ab12cd --reason 'a copy turned up' --no-wait",
        ),
    ),
    "distrust": Row(
        "trust",
        ("bot distrust ada --reason 'her laptop is lost'", "bot distrust slack --reason 'a workspace token leaked'"),
    ),
    "departure": Row(
        "departure", ("bot departure ben --dry-run", "bot departure ben --because 'last day is Friday' --yes")
    ),
    "trust": Row(
        "trust",
        (
            "bot trust ada --reason 'new laptop, new keys'",
            "bot trust --on-this-host --reason 'dan distrusted everybody'",
        ),
    ),
    "policy": Row("policy", ("bot policy", "bot policy -e production --owner 'backend team' --json")),
    "schedule": Row("schedule", ("bot schedule", "bot schedule resume openai --because 'their API answers again'")),
    "submit": Row(
        "submit",
        ("bot submit inc_ab12cd stripe-secret-key", "pbpaste | bot submit inc_ab12cd stripe-secret-key --stdin"),
    ),
    "identify": Row("identify", ("bot identify", "bot identify --declare --notice 'in a public gist' --public")),
    "role": Row(
        "roles",
        (
            "bot role inc_ab12cd commander hand-over ben --note 'Stripe support calls back at four'",
            "bot role inc_ab12cd commander take --reason 'anna does not answer her phone'",
        ),
    ),
    "update": Row(
        "updates",
        (
            "bot update inc_ab12cd stakeholders send --text 'Logins fail now and then; we are on it. More at 11:00.'",
            "bot update inc_ab12cd 'owners ada' skip --reason 'she sits beside me'",
        ),
    ),
    "step": Row(
        "notes",
        (
            "bot step inc_ab12cd notify done",
            "bot step inc_ab12cd notify skip --reason 'only made-up data'",
        ),
    ),
    "note": Row(
        "notes",
        (
            "bot note inc_ab12cd 'the key was in the image since Tuesday'",
            "bot note inc_ab12cd 'no model was called with it' --finding",
        ),
    ),
    "task": Row(
        "notes",
        (
            "bot task inc_ab12cd add 'scan images in CI' --owner ada --due 2030-01-31",
            "bot task inc_ab12cd decline t3 --reason 'done by the scanner'",
        ),
    ),
    "severity": Row(
        "decisions", ("bot severity inc_ab12cd", "bot severity inc_ab12cd 1 --reason 'customers call about it'")
    ),
    "times": Row(
        "decisions",
        (
            "bot times inc_ab12cd known 2030-01-31T10:12+01:00 --reason 'support had the mail'",
            "bot times inc_ab12cd exposed 2026-11-24T02:12 --reason 'the commit that holds it was pushed then'",
        ),
    ),
    "notice": Row(
        "decisions",
        (
            "bot notice inc_ab12cd authority not-notifiable --by 'data protection officer' --reason 'made-up data'",
            "bot notice inc_ab12cd authority sent --reference 'case 4711'",
        ),
    ),
    "redact": Row(
        "notes",
        (
            "bot redact inc_ab12cd 14 --reason 'a name stands in it'",
            "bot redact inc_ab12cd 14 15 --reason 'both quote a customer'",
        ),
    ),
    "report": Row("report", ("bot report inc_ab12cd", "bot report inc_ab12cd --edit")),
    "evidence": Row(
        "evidence",
        ("bot evidence --from 2026-01-01 --to 2026-12-31 > evidence.csv", "bot evidence --from 2026-01-01 --json"),
    ),
    "check": Row(
        "checklist",
        (
            "bot check inc_ab12cd",
            "bot check inc_ab12cd openai-api-key keys clear --note 'only ours are listed'",
        ),
    ),
    "copy": Row(
        "checklist",
        (
            "bot copy inc_ab12cd",
            "bot copy inc_ab12cd openai-api-key ci updated --note 'in the repository settings'",
        ),
    ),
    "log": Row("eventlog", ("bot log verify inc_ab12cd", "bot log rebuild")),
    "catalog": Row("catalog", ("bot catalog check", "bot catalog check ./playbooks")),
    "providers": Row("catalog", ("bot providers", "bot providers --json")),
    "manifest": Row("catalog", ("bot manifest", "bot manifest --url https://bot.example.com")),
    "doctor": Row("doctor", ("bot doctor", "bot doctor -e production --json")),
    "intake": Row(
        "intake",
        (
            "trufflehog git file://. --json | bot intake trufflehog",
            "gitleaks detect -f json -r /dev/stdout | bot intake gitleaks --declare -n 'in our repository' --private",
        ),
    ),
    "alerts": Row(
        "alerts",
        (
            "bot alerts",
            "bot alerts harmless 3 --because 'a test account without money' --until 2027-01-31",
        ),
    ),
    "scan-repo": Row("scan_repo", ("bot scan-repo", "bot scan-repo --staged --dotenv .env")),
    "readiness": Row("readiness", ("bot readiness", "bot readiness -e production --json")),
    "access": Row("access", ("bot access", "bot access openai-api-key -e production --json")),
    "runbook": Row("readiness", ("bot runbook openai-api-key", "bot runbook openai-api-key -e staging > tonight.md")),
    "readers": Row(
        "checklist",
        (
            "bot readers inc_ab12cd",
            "bot readers inc_ab12cd arn:aws:iam::111122223333:role/ci explained --note 'the nightly build'",
        ),
    ),
    "serve": Row("serve", ("bot serve", "bot serve --no-worker")),
    "work": Row("serve", ("bot work", "BOT_LOG_LEVEL=DEBUG bot work")),
    "drill": Row("drill", ("bot drill", "bot drill --auto")),
}

HEAD = f"41:{4 * '4f1c9a02b7de5566'}"
INSIDE = {
    "log init": ("bot log init", "BOT_DATABASE_URL=sqlite:////srv/bot/incidents.sqlite bot log init"),
    "log verify": ("bot log verify inc_ab12cd", f"bot log verify inc_ab12cd --head {HEAD}"),
    "log rebuild": ("bot log rebuild", "bot log rebuild --json"),
    "log backup": ("bot log backup /backups/bot.backup", "bot log backup bot.backup --json"),
    "log restore": ("bot log restore /backups/bot.backup", "bot log restore bot.backup --json"),
    "schedule list": ("bot schedule list", "bot schedule list -e production --json"),
    "schedule stop": (
        "bot schedule stop stripe --because 'they move their API this week'",
        "bot schedule stop stripe --because 'the launch is on Thursday' --json",
    ),
    "schedule resume": (
        "bot schedule resume openai --because 'their API answers again'",
        "bot schedule resume openai --because 'the quota was raised' --json",
    ),
    "catalog check": ("bot catalog check", "bot catalog check ./playbooks --dotenv .env --fix"),
    "providers check": ("bot providers check stripe", "bot providers check acme --json"),
}
"""Examples of the commands within a group."""

EVERYWHERE = "Options that every command takes, and --drill DIR --as NAME to try it in a practice world: bot --help."

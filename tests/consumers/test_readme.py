"""The page that says how to add a kind of consumer, followed to the letter in a copy of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.model.consumer_kinds import KINDS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "bot" / "consumers" / "README.md"
COPIED = ("bot", "playbooks", "templates", "pyproject.toml", "tests")
NEW = re.compile(r"^New file `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GENERATED, SCHEMA = "bot/model/consumer_kinds.py", "playbooks/secrets.schema.json"
KEYS, BESIDE = sorted({*KINDS, "hook"}), ["alias", "reads-as", "health"]

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            # With what is compiled of it already, but not with what another process is just writing.
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.pyc.*", "node_modules"))
        else:
            shutil.copy(source, folder / name)
    before = contents(folder)
    for path, code in NEW.findall(PAGE.read_text()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(code)
    assert run(folder, "-m", "bot.generate", "--check")[0] == 1
    assert run(folder, "-m", "bot.generate") == (0, "")
    assert run(folder, "-m", "bot.catalog.schema")[0] == 0
    after = contents(folder)
    assert [path for path, data in before.items() if after[path] != data] == [GENERATED, SCHEMA]
    return folder


def contents(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def run(folder, *arguments):
    environ = {**os.environ, "PYTHONPATH": str(folder), "BOT_PLAYBOOKS": str(folder / "playbooks")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True, timeout=150, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_page_adds_files_in_the_kind_s_own_folder_and_edits_none():
    text = PAGE.read_text()
    added = [path for path, _ in NEW.findall(text)]
    assert len(added) == text.count("\nNew file `") == 2
    assert [path for path in added if not path.startswith("bot/consumers/hook/")] == []


def test_the_list_and_the_schema_have_it(copy):
    assert '"hook": "bot.consumers.hook.reload:Hooks",' in (copy / GENERATED).read_text()
    model = json.loads((copy / SCHEMA).read_text())["$defs"]["ConsumerModel"]
    assert list(model["properties"]) == [*KEYS, *BESIDE]
    assert model["oneOf"] == [{"required": [key]} for key in KEYS]
    assert run(copy, "-m", "bot.generate", "--check") == (0, "")


def test_its_code_passes_the_gate(copy):
    files = [path for path, _ in NEW.findall(PAGE.read_text())]
    for command in (("ruff", "check"), ("ruff", "format", "--check")):
        status, said = run(copy, "-m", *command[:2], "--no-cache", *command[2:], *files, GENERATED)
        assert status == 0, said


ASKED = """
import json, re, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from bot.consumers.by_kind import ConsumersByKind
from bot.consumers.contract import Setup
from bot.documents import ConfigurationError
from bot.incident import events as e
from bot.incident.approval.plan import plan_of
from bot.incident.access.readers import unexpected
from bot.incident.lanes import function_lane
from bot.incident.operations import Op, doing
from bot.model.secrets import Consumer
from bot.catalog.loader import load_catalog
from bot.providers import provider_names
from tests.support.incidents import Story, declaration, entry, wanted

class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        called.append(self.path)
        self.send_response(204 if self.path == "/reload" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass

called = []
server = HTTPServer(("127.0.0.1", 0), Hook)
Thread(target=server.serve_forever, daemon=True).start()
place = f"127.0.0.1:{server.server_port}"

def consumers(text):
    shipped = Path("playbooks/secrets.yaml").read_text()
    first = re.compile(r"    consumers:\\n(      - .*\\n)+")
    Path("secrets.yaml").write_text(first.sub(f"    consumers:\\n      - {text}\\n", shipped))
    try:
        catalog = load_catalog(Path("secrets.yaml"), provider_names()).catalog
        return catalog.entry("openai-api-key", "production").consumers
    except ConfigurationError as error:
        return str(error).splitlines()[0].partition(": ")[2]

hook, function = f"{{ hook: {place}/reload, reads-as: shop }}", "{ lambda: api, alias: live }"
(read,) = consumers(hook)
story = Story(declaration(wanted(entry(consumers=(read, Consumer("api")))))).run(120)
incident = story.incident
secret = incident.secrets["openai-api-key"]
tools = ConsumersByKind(Setup(aws=lambda: sys.exit("no AWS is asked"), timeout=5))
refreshed = tools.refresh(read.function, None, {"/p": 2})
try:
    tools.refresh(read.function.replace("reload", "gone"), None, {"/p": 2})
except Exception as error:
    missing = type(error).__name__
print(json.dumps({
    "read": [read.function.replace(place, "HERE"), read.reads_as],
    "lambda": [[one.function, one.alias] for one in consumers(function)],
    "wrong": [consumers(text) for text in (
        "{ health: 'https://a.test' }", "{ hook: a.test/r, lambda: api }", "{ hook: a.test/r, alias: live }",
        "{ lambda: api, reads-as: shop }", "{ lambda: hook/a }", "{ hook: nonsense }", "{ lamda: api }",
    )],
    "plan": (read.function,) in [step.subjects for step in plan_of(incident, secret).steps if step.does == "refresh"],
    "lanes": sorted(str(lane).replace(place, "HERE") for lane in incident.lanes if lane.kind == "function"),
    "refreshed": [refreshed.versions, refreshed.complete, called, missing],
    "known": [read.may_be(f"arn:aws:sts::1:assumed-role/{name}") for name in ("shop/i-1", "other/i-1", "other/shop")],
    "words": [doing(Op.REFRESH, "api"), doing(Op.REFRESH, read.function)],
}))
"""


def test_the_program_names_plans_and_refreshes_it(copy):
    status, said = run(copy, "-c", ASKED)
    assert status == 0, said
    found = json.loads(said)
    assert found["read"] == ["hook/HERE/reload", "shop"]
    assert found["lambda"] == [["api", "live"]]
    assert found["plan"] is True
    assert found["lanes"] == ["function:api", "function:hook/HERE/reload"]
    assert found["refreshed"] == [{"/p": 2}, True, ["/reload", "/gone"], "Missing"]
    assert found["known"] == [True, False, True]
    assert found["words"] == ["refreshing a function", "refreshing a consumer"]
    at = "secrets[1].consumers[0]"
    assert found["wrong"] == [
        f"{at}: a mapping given, expected one of {', '.join(KEYS)} in it",
        f"{at}: a mapping given, expected one of {', '.join(KEYS)} in it",
        f"{at}: a mapping given, expected no `alias` beside `hook`",
        f"{at}: a mapping given, expected no `reads-as` beside `lambda`",
        f"{at}: a mapping given, expected the name of a function, without a slash",
        f"{at}.hook: text given, expected host and path, such as api.example.com/reload",
        f"`lamda` is not known in {at}; expected one of: {', '.join([*KEYS, *BESIDE])}",
    ]


def test_its_commands_stand_in_the_runbook(copy):
    catalog = copy / "playbooks" / "secrets.yaml"
    text = catalog.read_text().replace("lambda: worker,", 'hook: "worker.{environment}.example.com/reload",')
    catalog.write_text(text)
    status, said = run(copy, "-m", "bot", "runbook", "openai-api-key", "--json")
    assert status == 0, said
    runbook = json.loads(said)["runbook"]
    functions, servers = "Have the functions read it", "Have the servers read it"
    assert runbook.index(functions) < runbook.index(servers)
    assert "curl -sS -X POST https://worker.production.example.com/reload" in runbook
    assert runbook.count("aws lambda update-function-configuration") == 1

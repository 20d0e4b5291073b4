"""A GitHub repository on loopback, as far as a decision needs one: repository, references, contents, pull requests.

Statuses and bodies are those of GitHub's REST API 2022-11-28: 404 for what is not there or not to be seen, 409 for a
`sha` that is not the file's, 422 for a reference that exists. What it is asked and answers is checked against the file
in `openapi`.
"""

import base64
import hashlib

from flask import Flask, jsonify, request

from tests.support.contracts import Exchanges

TOKEN = "github_pat_" + "practice"
API = "https://api.github.example"
REPOSITORY = "/repos/<owner>/<repo>"


class FakeRepository:
    """`faults` are taken one by one: the method, the end of the path, and the answer."""

    def __init__(self, *, private=True) -> None:
        self.private = private
        self.branches = {"main": {}}
        self.pulls = []
        self.calls = []
        self.messages = []
        self.faults = []
        self.meanwhile = []
        """What happens between the reading of a file and the writing of it."""
        self.flask = Flask("github")
        for method, path, view in (
            ("GET", "", self._repository),
            ("GET", "/git/ref/<path:ref>", self._ref),
            ("POST", "/git/refs", self._make_ref),
            ("GET", "/contents/<path:path>", self._read),
            ("PUT", "/contents/<path:path>", self._write),
            ("GET", "/pulls", self._pulls),
            ("POST", "/pulls", self._pull),
        ):
            self.flask.add_url_rule(f"{REPOSITORY}{path}", view.__name__, view, methods=[method])
        self.lost = []
        """Method and end of the path: it is done, and the answer is lost on the way (502)."""
        self.flask.before_request(self._before)
        self.flask.after_request(self._after)
        self.exchanges = Exchanges(self.flask, "github-decisions")

    @property
    def breaches(self):
        """Of the API's contract, by either side. That a gateway fails or a token is refused stands in no file."""
        anywhere = tuple(f"{status}: an answer that is not documented" for status in (401, 429, 500, 502))
        return [breach for breach in self.exchanges.breaches if not breach.endswith(anywhere)]

    def _before(self):
        self.calls.append(f"{request.method} {request.path.removeprefix('/repos/acme/decisions')}")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return jsonify(message="Bad credentials"), 401
        for fault in self.faults:
            method, path, answer = fault
            if request.method == method and request.path.endswith(path):
                self.faults.remove(fault)
                return answer
        return None

    def _after(self, response):
        for method, path in self.lost:
            if request.method == method and request.path.endswith(path):
                self.lost.remove((method, path))
                lost = jsonify(message="Bad Gateway")
                lost.status_code = 502
                return lost
        return response

    def _repository(self, owner, repo):
        seen = "private" if self.private else "public"
        return jsonify(id=1, full_name=f"{owner}/{repo}", private=self.private, visibility=seen, default_branch="main")

    def _ref(self, owner, repo, ref):
        branch = ref.removeprefix("heads/")
        if branch not in self.branches:
            return jsonify(message="Not Found", documentation_url=API, status="404"), 404
        return jsonify(reference(branch, sha(str(self.branches[branch]))))

    def _make_ref(self, owner, repo):
        body = request.get_json()
        branch = body["ref"].removeprefix("refs/heads/")
        if branch in self.branches:
            return jsonify(message="Reference already exists", documentation_url=API), 422
        self.branches[branch] = dict(self.branches["main"])
        return jsonify(reference(branch, body["sha"])), 201

    def _read(self, owner, repo, path):
        files = self.branches.get(request.args["ref"], {})
        if path not in files:
            return jsonify(message="Not Found", documentation_url=API, status="404"), 404
        text = files[path]
        content = base64.encodebytes(text.encode()).decode()
        answer = jsonify(
            sha=sha(text), type="file", encoding="base64", content=content, path=path,
            name=path.rpartition("/")[2], size=len(text.encode()),
        )  # fmt: skip
        changes, self.meanwhile = self.meanwhile, []
        for change in changes:
            change(self)
        return answer

    def _write(self, owner, repo, path):
        body = request.get_json()
        files = self.branches[body["branch"]]
        if path in files and body.get("sha") != sha(files[path]):
            return jsonify(message=f"{path} does not match {body.get('sha')}", documentation_url=API), 409
        files[path] = base64.b64decode(body["content"]).decode()
        self.messages.append(body["message"])
        content = {"name": path.rpartition("/")[2], "path": path, "sha": sha(files[path])}
        commit = {"sha": "c" * 40, "message": body["message"]}
        return jsonify(content=content, commit=commit), 200 if "sha" in body else 201

    def _pulls(self, owner, repo):
        head = request.args["head"].partition(":")[2]
        return jsonify([pull for pull in self.pulls if pull["head"] == head])

    def _pull(self, owner, repo):
        body = request.get_json()
        if any(pull["head"] == body["head"] for pull in self.pulls):
            return jsonify(message="Validation Failed", documentation_url=API), 422
        number = len(self.pulls) + 1
        made = {"html_url": f"https://github.example/{owner}/{repo}/pull/{number}", "number": number, "state": "open"}
        self.pulls.append(made | body)
        return jsonify(made | body), 201


def reference(branch, commit):
    url = f"{API}/git/refs/heads/{branch}"
    target = {"type": "commit", "sha": commit, "url": f"{API}/git/commits/{commit}"}
    return {"ref": f"refs/heads/{branch}", "node_id": "REF_1", "url": url, "object": target}


def sha(text):
    return hashlib.sha1(text.encode()).hexdigest()

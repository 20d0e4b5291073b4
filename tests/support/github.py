"""A GitHub repository on loopback, as far as a decision needs one: repository, references, contents, pull requests.

Statuses and bodies are those of GitHub's REST API 2022-11-28: 404 for what is not there or not to be seen, 409 for a
`sha` that is not the file's, 422 for a reference that exists.
"""

import base64
import hashlib

from flask import Flask, jsonify, request

TOKEN = "github_pat_" + "practice"


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
        self.flask.add_url_rule("/repos/acme/decisions", view_func=self._repository)
        self.flask.add_url_rule("/repos/acme/decisions/git/ref/heads/<path:branch>", view_func=self._ref)
        self.flask.add_url_rule("/repos/acme/decisions/git/refs", view_func=self._make_ref, methods=["POST"])
        self.flask.add_url_rule("/repos/acme/decisions/contents/<path:path>", view_func=self._read)
        self.flask.add_url_rule("/repos/acme/decisions/contents/<path:path>", view_func=self._write, methods=["PUT"])
        self.flask.add_url_rule("/repos/acme/decisions/pulls", view_func=self._pulls)
        self.flask.add_url_rule("/repos/acme/decisions/pulls", view_func=self._pull, methods=["POST"])
        self.flask.before_request(self._before)

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

    def _repository(self):
        return jsonify(private=self.private, default_branch="main", full_name="acme/decisions")

    def _ref(self, branch):
        if branch not in self.branches:
            return jsonify(message="Not Found"), 404
        return jsonify(ref=f"refs/heads/{branch}", object={"type": "commit", "sha": sha(str(self.branches[branch]))})

    def _make_ref(self):
        body = request.get_json()
        branch = body["ref"].removeprefix("refs/heads/")
        if branch in self.branches:
            return jsonify(message="Reference already exists"), 422
        self.branches[branch] = dict(self.branches["main"])
        return jsonify(ref=body["ref"], object={"type": "commit", "sha": body["sha"]}), 201

    def _read(self, path):
        files = self.branches.get(request.args["ref"], {})
        if path not in files:
            return jsonify(message="Not Found"), 404
        text = files[path]
        answer = jsonify(
            sha=sha(text), encoding="base64", content=base64.encodebytes(text.encode()).decode(), path=path
        )
        for change in self.meanwhile:
            change(self)
        self.meanwhile = []
        return answer

    def _write(self, path):
        body = request.get_json()
        files = self.branches[body["branch"]]
        if path in files and body.get("sha") != sha(files[path]):
            return jsonify(message=f"{path} does not match {body.get('sha')}"), 409
        files[path] = base64.b64decode(body["content"]).decode()
        self.messages.append(body["message"])
        return jsonify(content={"sha": sha(files[path])}, commit={"sha": "c" * 40}), 201 if "sha" not in body else 200

    def _pulls(self):
        head = request.args["head"].partition(":")[2]
        return jsonify([pull for pull in self.pulls if pull["head"] == head])

    def _pull(self):
        body = request.get_json()
        if any(pull["head"] == body["head"] for pull in self.pulls):
            return jsonify(message="Validation Failed"), 422
        number = len(self.pulls) + 1
        made = {"html_url": f"https://github.example/acme/decisions/pull/{number}", "number": number, **body}
        self.pulls.append(made)
        return jsonify(made), 201


def sha(text):
    return hashlib.sha1(text.encode()).hexdigest()

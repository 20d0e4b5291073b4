"""A practice installation that logs everything into a file of the folder that is searched."""

import logging
import tempfile

import pytest
import structlog

from bot import logs
from tests.support.practice import practice


@pytest.fixture
def logged(tmp_path):
    """Everything that is logged at DEBUG, by whomever, into a file of the folder that is searched."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with (tmp_path / "bot.log").open("w") as stream:
        logs.configure("DEBUG", json=True, stream=stream)
        for name in ("botocore", "urllib3", "slack_sdk", "pdpyras", "redis", "sqlalchemy"):
            logging.getLogger(name).setLevel(logging.DEBUG)  # as a library or a plug-in might
        yield tmp_path / "bot.log"
    for name in ("botocore", "urllib3", "slack_sdk", "pdpyras", "redis", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("bot").setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def world(tmp_path, monkeypatch, logged):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with practice(tmp_path, monkeypatch) as made:
        yield made

"""Where recordings stand, and how one is told again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.providers.harnesses import HARNESSES
from tests.recordings.recorder import Recorder
from tests.recordings.stories import Story
from tests.support.aws import running_front
from tests.support.rotation import Account

HERE = Path(__file__).parent / "told"


@contextmanager
def practice_account() -> Iterator[Account]:
    with running_front(put_rate=100_000, put_burst=100_000) as front:
        yield Account(front)


def told(account: Account, story: Story) -> str:
    """The story, told now."""
    with ExitStack() as stack:
        worlds = {name: stack.enter_context(HARNESSES[name]()) for name in story.providers}
        recorder = Recorder(account, worlds)
        story.tell(recorder)
        return "\n".join(recorder.lines()) + "\n"


def path_of(story: Story) -> Path:
    return HERE / f"{story.name}.txt"


def kept(story: Story) -> str:
    """As it was recorded."""
    return path_of(story).read_text()

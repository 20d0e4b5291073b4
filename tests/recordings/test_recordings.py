"""What an incident calls, in its order, and what it says: as it was recorded.

A change that is meant is recorded by `python -m tests.recordings`; the difference is read like code.
"""

import pytest

from tests.recordings.stories import STORIES
from tests.recordings.telling import HERE, kept, told


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_reads_as_it_was_recorded(account, story):
    assert told(account, story) == kept(story)


def test_each_recording_has_its_story():
    assert {path.stem for path in HERE.glob("*.txt")} == {story.name for story in STORIES}

"""Records stories: ``python -m tests.recordings [NAME…]``, all of them without names."""

import sys

from bot.secrets.secret import use_fingerprint_key
from tests.recordings.stories import STORIES
from tests.recordings.telling import path_of, practice_account, told

if __name__ == "__main__":
    use_fingerprint_key(bytes(32))
    names = set(sys.argv[1:])
    with practice_account() as account:
        for story in STORIES:
            if not names or story.name in names:
                path_of(story).write_text(told(account, story))
                sys.stdout.write(f"{story.name}\n")

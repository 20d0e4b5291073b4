"""What people do with files and messages in a channel of the Slack fake."""

from bot.drill.fakes.slack.records import File


def shared_by(workspace, channel, user, name, content=b"theirs"):
    """The id of a file that a person has uploaded into the channel."""
    file = File(workspace.new_id("F"), name, len(content), content, channels=[channel], user=user)
    workspace.files[file.id] = file
    workspace.post(workspace.channels[channel], user, {"files": [file.shown("https://files.example")]})
    return file.id


def talked(workspace, channel, user, messages=210):
    """So many messages of a person's."""
    for number in range(messages):
        workspace.post(workspace.channels[channel], user, {"text": f"message {number}"})

"""users.*, usergroups.*, auth.*, apps.*, api.test and files.*. Source: docs.slack.dev, reference/methods."""

from __future__ import annotations

from bot.drill.fakes.slack.call import ApiError, Call, Method
from bot.drill.fakes.slack.records import BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, File, Json, User


def api_test(call: Call) -> Json:
    if call.text("error"):
        raise ApiError(call.text("error"))
    return {"args": call.arguments}


def auth_test(_call: Call) -> Json:
    return {"url": f"https://{TEAM_DOMAIN}.slack.com/", "team": "Practice", "user": "compromise", "team_id": TEAM_ID,
            "user_id": BOT_USER, "bot_id": BOT_ID, "is_enterprise_install": False}  # fmt: skip


def _shown(call: Call, user: User) -> Json:
    return user.shown(with_email="users:read.email" in call.scopes)


def user_info(call: Call) -> Json:
    user = call.workspace.users.get(call.text("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": _shown(call, user)}


def user_list(call: Call) -> Json:
    page, metadata = call.page([_shown(call, user) for user in call.workspace.users.values()])
    return {"members": page, "response_metadata": metadata}


def lookup_by_email(call: Call) -> Json:
    for user in call.workspace.users.values():
        if user.email and user.email.lower() == call.text("email").lower():
            return {"user": _shown(call, user)}
    raise ApiError("users_not_found")


def open_connection(call: Call) -> Json:
    if not call.workspace.socket_url:
        raise ApiError("internal_error")
    return {"url": call.workspace.socket_url}


def usergroup_users(call: Call) -> Json:
    members = call.workspace.usergroups.get(call.text("usergroup"))
    if members is None:
        raise ApiError("no_such_subteam")
    return {"users": members}


def get_upload_url(call: Call) -> Json:
    name, length = call.text("filename"), call.text("length")
    if not name or not length.isdigit() or int(length) < 1:
        raise ApiError("invalid_arguments")
    file = File(call.workspace.new_id("F"), name, int(length))
    call.workspace.files[file.id] = file
    return {"upload_url": f"{call.base_url}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    items = call.structure("files")
    if not isinstance(items, list) or not items:
        raise ApiError("invalid_arguments")
    files = []
    for item in items:
        file = call.workspace.files.get(item.get("id", ""))
        if file is None or file.content is None:
            raise ApiError("file_not_found")
        file.title = item.get("title") or file.name
        files.append(file)
    if call.text("channel_id"):
        _share(call, files)
    return {"files": [file.shown(call.base_url) for file in files]}


def _share(call: Call, files: list[File]) -> None:
    channel = call.workspace.channels.get(call.text("channel_id"))
    if channel is None:
        raise ApiError("channel_not_found")
    if BOT_USER not in channel.members:
        raise ApiError("not_in_channel")
    for file in files:
        file.channels.append(channel.id)
    fields = {"text": call.text("initial_comment"), "files": [file.shown(call.base_url) for file in files],
              "thread_ts": call.text("thread_ts") or None}  # fmt: skip
    call.workspace.post(channel, BOT_USER, fields)


def file_info(call: Call) -> Json:
    file = call.workspace.files.get(call.text("file"))
    if file is None:
        raise ApiError("file_not_found")
    return {"file": file.shown(call.base_url)}


def delete_file(call: Call) -> Json:
    file = call.workspace.files.get(call.text("file"))
    if file is None:
        raise ApiError("file_not_found")
    if file.user != BOT_USER:
        raise ApiError("cant_delete_file")
    del call.workspace.files[file.id]
    for channel in call.workspace.channels.values():
        for message in channel.messages:
            message["files"] = [
                {"id": each["id"], "mode": "tombstone"} if each.get("id") == file.id else each
                for each in message.get("files") or ()
            ]
    return {}


METHODS = {
    "api.test": Method(api_test),
    "apps.connections.open": Method(open_connection),
    "auth.test": Method(auth_test),
    "users.info": Method(user_info, ("users:read",)),
    "users.list": Method(user_list, ("users:read",)),
    "users.lookupByEmail": Method(lookup_by_email, ("users:read.email",)),
    "usergroups.users.list": Method(usergroup_users, ("usergroups:read",)),
    "files.getUploadURLExternal": Method(get_upload_url, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, ("files:write",)),
    "files.delete": Method(delete_file, ("files:write",)),
    "files.info": Method(file_info, ("files:read",)),
}

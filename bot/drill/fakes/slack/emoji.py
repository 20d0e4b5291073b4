"""The emoji codes that a bot about keys is likely to use, as characters."""

EMOJI = {
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "x": "❌", "warning": "⚠️",
    "rotating_light": "🚨", "lock": "🔒", "unlock": "🔓", "key": "🔑", "closed_lock_with_key": "🔐",
    "old_key": "🗝️", "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "stopwatch": "⏱️", "clock1": "🕐",
    "fire": "🔥", "skull": "💀", "skull_and_crossbones": "☠️", "red_circle": "🔴",
    "large_green_circle": "🟢", "large_yellow_circle": "🟡", "large_orange_circle": "🟠",
    "large_blue_circle": "🔵", "white_circle": "⚪", "black_circle": "⚫", "bell": "🔔", "no_bell": "🔕",
    "pager": "📟", "memo": "📝", "page_facing_up": "📄", "mag": "🔍", "eyes": "👀",
    "bust_in_silhouette": "👤", "busts_in_silhouette": "👥", "arrow_right": "➡️", "arrow_forward": "▶️",
    "pushpin": "📌", "link": "🔗", "tada": "🎉", "shield": "🛡️", "boom": "💥", "question": "❓",
    "exclamation": "❗", "no_entry": "⛔", "octagonal_sign": "🛑", "construction": "🚧", "wrench": "🔧",
    "hammer_and_wrench": "🛠️", "gear": "⚙️", "repeat": "🔁", "arrows_counterclockwise": "🔄",
    "ballot_box_with_check": "☑️", "white_large_square": "⬜", "information_source": "\u2139\ufe0f",
    "black_square_button": "🔲", "speech_balloon": "💬", "inbox_tray": "📥", "outbox_tray": "📤",
    "calendar": "📆",
}  # fmt: skip

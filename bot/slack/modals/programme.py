"""Standing approvals and waivers: the waiver that a second person agrees to, and what is withdrawn.

What kills rest on for weeks is signed at a terminal alone (`bot.response.proving`), so there is no form for that.
"""

from __future__ import annotations

from bot.phrases.marks import code, literal, shorten
from bot.phrases.times import duration
from bot.programme.state import Standing, Waiver
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, form, section
from bot.slack.modals.inputs import words

AGREE, WITHDRAW = "Agree as second person", "Withdraw"
STANDING, WAIVER = "standing", "waiver"
_LINE = 2500


def value_of(each: Standing | Waiver) -> ButtonValue:
    """What its buttons carry: which it is, and what a signature is under."""
    if isinstance(each, Standing):
        return ButtonValue(STANDING, str(each.number), each.digest)
    return ButtonValue(WAIVER, str(each.number))


def covers(each: Standing | Waiver) -> list[str]:
    """Everything that is agreed to: phrases."""
    if isinstance(each, Waiver):
        return [
            (
                f"*Waiver {each.number}*: {literal(each.environment)} {code(each.secret)} need not be rotated by "
                f"{each.due:%Y-%m-%d}, but by {each.until:%Y-%m-%d}."
            ),
            f"Because: {literal(each.reason)}",
            f"Asked by {literal(each.asked.name)}. Waived is not compliant.",
        ]
    names = ", ".join(code(name) for name in each.secrets)
    before = f" By schedule first in {literal(', '.join(each.order))}, unless waived." if each.order else ""
    agreed = f" and {literal(each.agreed.name)}" if each.agreed is not None else ""
    return [
        f"*Standing approval {each.number}*, {literal(each.environment)}, until {each.until:%Y-%m-%d}.",
        f"Planned rotations may end the old values of these: {shorten(names, _LINE)}.{before}",
        f"Each {duration(each.overlap)} after the new one is live, {literal(each.when or 'at any time')}.",
        f"Signed by {literal(each.signed.name)}{agreed}. Digest {code(each.digest)}.",
    ]


def agree_form(each: Waiver) -> Json:
    """All that the second person says yes to."""
    return form(ActionId.PROGRAMME_AGREE, AGREE, [section(*covers(each))], submit="Agree", note=value_of(each).encode())


def withdraw_form(each: Standing | Waiver) -> Json:
    return form(
        ActionId.PROGRAMME_WITHDRAW,
        WITHDRAW,
        [section(*covers(each)), words("because", "Why is it withdrawn?")],
        submit="Withdraw",
        note=value_of(each).encode(),
    )

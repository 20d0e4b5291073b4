"""Public keys are read as OpenSSH writes them, and only those that are strong enough to vouch for a person."""

from __future__ import annotations

import re
import subprocess

import pytest

from bot.proofs.sshkeys import TYPES, Wire, read_key
from tests.support import sshkeys

RAW = sshkeys.string(bytes(32))
POINT = sshkeys.string(b"\x04" + bytes(64))
P256 = sshkeys.string(b"nistp256")
SSH = sshkeys.string(b"ssh:")


@pytest.mark.parametrize(
    "options",
    [
        ("-t", "ed25519"),
        ("-t", "ecdsa", "-b", "256"),
        ("-t", "ecdsa", "-b", "384"),
        ("-t", "ecdsa", "-b", "521"),
        ("-t", "rsa", "-b", "3072"),
    ],
    ids=" ".join,
)
def test_a_key_of_ssh_keygens_is_read_and_named_as_there(tmp_path, options):
    path = sshkeys.make(tmp_path, "ada", *options)
    key = read_key(sshkeys.public(path))
    shown = subprocess.run(["ssh-keygen", "-l", "-f", path], capture_output=True, text=True, check=True).stdout
    assert shown.split()[1] == key.fingerprint
    assert sshkeys.public(path) == f"{key.line} ada@laptop"
    assert read_key(key.line) == key


@pytest.mark.parametrize(
    "line",
    [
        sshkeys.line("sk-ssh-ed25519@openssh.com", RAW, SSH),
        sshkeys.line("sk-ecdsa-sha2-nistp256@openssh.com", P256, POINT, SSH),
    ],
)
def test_keys_of_hardware_tokens(line):
    assert read_key(line).in_hardware
    assert not read_key(sshkeys.simple(1)).in_hardware


def test_the_comment_is_no_part_of_a_key():
    assert read_key(f"{sshkeys.simple(1)} Ada's laptop, 2026") == read_key(sshkeys.simple(1))
    assert read_key(sshkeys.simple(1)) != read_key(sshkeys.simple(2))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (sshkeys.rsa(2048), "at least 3072 bits, or ssh-ed25519: this one has 2048"),
        (sshkeys.rsa(3071), "this one has 3071"),
        (sshkeys.line("ssh-dss", RAW), "ssh-dss is too weak"),
        (sshkeys.line("ssh-ed25519-cert-v01@openssh.com", RAW), "no certificate"),
        (f"cert-authority {sshkeys.simple(1)}", "no authority"),
        (f'from="10.0.0.1" {sshkeys.simple(1)}', "without options before it"),
        (f"ada {sshkeys.simple(1)}", "without options before it"),
        (sshkeys.simple(1).split()[1], "the key's type first"),
        ("", "the key's type first"),
        ("ssh-ed25519", "a whole ssh-ed25519 key"),
        ("ssh-ed25519 !!!!", "a whole ssh-ed25519 key"),
        (sshkeys.simple(1)[:-4], "a whole ssh-ed25519 key"),
        (f"{sshkeys.simple(1)}=", "a whole ssh-ed25519 key"),
        (f"{sshkeys.simple(1)}\n{sshkeys.simple(2)}", "one line"),
        (f"{sshkeys.simple(1)} {'x' * 9000}", "one line"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "the key's type first"),
        (sshkeys.line("ssh-ed25519", RAW, inside="ssh-rsa"), "a whole"),
        (sshkeys.line("ssh-ed25519", RAW, b"\0"), "a whole"),
        (sshkeys.line("ssh-ed25519", sshkeys.string(bytes(31))), "a whole"),
        (sshkeys.line("ssh-ed25519", b"\xff\xff\xff\xff" + bytes(32)), "a whole"),
        (sshkeys.line("sk-ssh-ed25519@openssh.com", RAW), "a whole"),
        (sshkeys.line("ecdsa-sha2-nistp256", sshkeys.string(b"nistp384"), POINT), "a whole"),
        (sshkeys.line("ecdsa-sha2-nistp384", sshkeys.string(b"nistp384"), POINT), "a whole"),
        (sshkeys.line("ecdsa-sha2-nistp256", P256, sshkeys.string(b"\x02" + bytes(32))), "a whole"),
        (sshkeys.line("ssh-rsa", sshkeys.mpint(1), sshkeys.mpint((1 << 3071) + 1)), "a whole"),
        (sshkeys.line("ssh-rsa", sshkeys.mpint(65537), sshkeys.mpint(1 << 3071)), "a whole"),
        (sshkeys.line("ssh-rsa", sshkeys.mpint(65537), sshkeys.string(b"\x81" + bytes(400))), "a whole"),
        (sshkeys.line("ssh-rsa", sshkeys.mpint(65537), sshkeys.string(bytes(400) + b"\x01")), "a whole"),
    ],
)
def test_what_is_no_good_key_says_what_was_expected_and_nothing_of_the_line(line, expected):
    with pytest.raises(ValueError, match=re.escape(expected)) as raised:
        read_key(line)
    words = [word for word in line.split() if word not in TYPES and len(word) > 15]
    assert not [word for word in words if word in str(raised.value)]
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_what_is_left_over_or_missing_in_wire_form_shows():
    wire = Wire(sshkeys.string(b"a") + b"\0")
    assert wire.string() == b"a"
    with pytest.raises(ValueError, match="too long"):
        wire.end()
    with pytest.raises(ValueError, match="too early"):
        wire.number()

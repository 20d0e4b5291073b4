"""SSH signatures, made and checked by the real ssh-keygen. Where that is missing these tests fail: see .ci/run."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.errors import ConfigurationError, Misuse
from bot.incident.model import Right
from bot.people import People, Person
from bot.proofs.ssh import LONGEST, NAMESPACE, SshProofs, sign, text_of
from bot.proofs.sshkeys import read_key
from bot.proofs.statement import ProofRefused, ProofUnchecked
from tests.support import sshkeys
from tests.support.statements import CHANGED, NOW, STATEMENT, given

KINDS = {
    "ed25519": ("-t", "ed25519"),
    "ecdsa256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa521": ("-t", "ecdsa", "-b", "521"),
    "rsa": ("-t", "rsa", "-b", "3072"),
}
TOKEN = sshkeys.Token(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A key of each kind, all Ada's, and `other`, which is Ben's."""
    folder = tmp_path_factory.mktemp("keys")
    wanted = {**KINDS, "other": ("-t", "ed25519"), "unknown": ("-t", "ed25519")}
    return {name: sshkeys.make(folder, name, *options) for name, options in wanted.items()}


@pytest.fixture(scope="module")
def people(keys):
    ada = (*(sshkeys.public(keys[name]) for name in KINDS), TOKEN.line)
    return People((
        Person("ada", rights=frozenset(Right), keys=tuple(map(read_key, ada))),
        Person("ben", keys=(read_key(sshkeys.public(keys["other"])),)),
        Person("cleo", slack="U0CLEO"),
    ))  # fmt: skip


@pytest.fixture
def proofs(people):
    return SshProofs(people)


def signed_for(key, namespace, text=None):
    """What ssh-keygen makes of it, whatever it is for."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(key), "-"]
    return subprocess.run(command, input=text or text_of(STATEMENT), capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_proves_who_gave_the_command(people, proofs, keys, kind):
    signature = sign(STATEMENT, keys[kind])
    person = proofs.check(STATEMENT, signature, NOW)
    assert person is people.named("ada")
    assert person.actor.may(Right.APPROVE)
    assert proofs.signer(STATEMENT, signature, person.keys) == read_key(sshkeys.public(keys[kind]))


@pytest.mark.parametrize("changed", CHANGED)
def test_and_no_command_in_which_anything_was_changed(keys, people, changed):
    signature = sign(STATEMENT, keys["ed25519"])
    ben_too = People((*people.listed[:1], replace(people.listed[0], name="ben")))
    with pytest.raises(ProofRefused, match="not the one that was signed"):
        SshProofs(ben_too).check(changed, signature, NOW)


def test_a_person_can_read_what_they_sign():
    assert text_of(STATEMENT).decode().splitlines() == [
        "compromise-bot command 1",
        'installation: "0f6d"',
        'incident: "inc_abc234"',
        'command_id: "cmd-1"',
        'at: "2026-11-26T03:14:05.000000Z"',
        'claims: "ada"',
        'command: "approve-plan"',
        r'arguments: "{\"plan\":\"9f86d081\",\"reason\":\"gefunden in \\\"main\\\": \u00f6\\n\"}"',
    ]
    assert text_of(replace(STATEMENT, incident='a"\nclaims: "ben')).count(b"\n") == 8


def test_it_is_the_claimed_persons_key_that_counts(proofs, keys):
    for key in ("other", "unknown"):
        with pytest.raises(ProofRefused, match=r"SSH key SHA256:\S+, which is none of the person"):
            proofs.check(STATEMENT, sign(STATEMENT, keys[key]), NOW)
    bens = replace(STATEMENT, claims="ben")
    assert proofs.check(bens, sign(bens, keys["other"]), NOW).name == "ben"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ("dan", "does not have the name"),
        ("Ada", "does not have the name"),
        ("slack:U0CLEO", "does not have the name"),
        ("", "does not have the name"),
        ("cleo", "has no SSH key of cleo"),
    ],
)
def test_a_person_without_a_key_proves_nothing(proofs, keys, claims, said):
    statement = replace(STATEMENT, claims=claims)
    with pytest.raises(ProofRefused, match=said):
        proofs.check(statement, sign(statement, keys["ed25519"]), NOW)


@pytest.mark.parametrize("namespace", ["git", "file", "compromise-bot2", "Compromise-Bot"])
def test_a_signature_for_something_else_proves_nothing(proofs, keys, namespace):
    with pytest.raises(ProofRefused, match="made for something else"):
        proofs.check(STATEMENT, signed_for(keys["ed25519"], namespace), NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s + "\n",
        lambda s: s + s,
        lambda s: s + "trailing",
        lambda s: " " + s,
        lambda s: s.replace("\n", "\r\n"),
        lambda s: s.replace("-----END", "AAAA\n-----END"),
        lambda s: s.replace("U1NIU0lH", "U1NIU0lI"),
        lambda s: s[:200],
        lambda s: "",
        lambda s: "-----BEGIN SSH SIGNATURE-----\n=\n-----END SSH SIGNATURE-----\n",
        lambda s: sshkeys.armored(blob_of(s) + b"\0"),
        lambda s: sshkeys.armored(blob_of(s)[:-1]),
        lambda s: sshkeys.armored(blob_of(s).replace(b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2")),
        lambda s: sshkeys.armored(blob_of(s).replace(b"sha512", b"sha384")),
        lambda s: s + "A" * LONGEST,
        lambda s: sshkeys.armored(bytes(LONGEST)),
    ],
)
def test_it_is_exactly_one_signature_or_none(proofs, keys, change):
    with pytest.raises(ProofRefused, match="no SSH signature as ssh-keygen makes them"):
        proofs.check(STATEMENT, change(sign(STATEMENT, keys["ed25519"])), NOW)


@pytest.mark.parametrize(
    ("kind", "ours", "other"), [("rsa", b"rsa-sha2-512", b"ssh-rsa"), ("ed25519", b"ssh-ed25519", b"ssh-rsa")]
)
def test_a_weak_or_unknown_algorithm_is_none(proofs, keys, kind, ours, other):
    head, mark, rest = blob_of(sign(STATEMENT, keys[kind])).rpartition(sshkeys.string(ours))
    assert mark
    forged = head[:-4] + sshkeys.string(sshkeys.string(other) + rest)
    with pytest.raises(ProofRefused, match="no SSH signature as ssh-keygen makes them"):
        proofs.check(STATEMENT, sshkeys.armored(forged), NOW)


def blob_of(signature):
    return b64decode("".join(signature.splitlines()[1:-1]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_with_a_wrong_bit_is_refused_by_ssh_keygen(proofs, keys, kind):
    blob = bytearray(blob_of(sign(STATEMENT, keys[kind])))
    blob[-3] ^= 1
    with pytest.raises(ProofRefused, match="does not fit"):
        proofs.check(STATEMENT, sshkeys.armored(bytes(blob)), NOW)


def test_the_largest_keys_signature_is_short_enough(proofs, keys):
    signature = sign(STATEMENT, keys["rsa"])
    assert len(signature) * 16384 / 3072 < LONGEST


def test_a_short_lived_proof(proofs, keys):
    for age in (timedelta(minutes=5), -timedelta(minutes=1)):
        statement = given(age)
        proofs.check(statement, sign(statement, keys["ed25519"]), NOW)
    late, early = given(timedelta(minutes=5, seconds=1)), given(-timedelta(seconds=61))
    for statement, said in ((late, "5 min 1 s ago"), (early, "1 min 1 s ahead")):
        with pytest.raises(ProofRefused, match=said):
            proofs.check(statement, sign(statement, keys["ed25519"]), NOW)


def test_one_that_was_kept_is_checked_again_much_later(proofs, people, keys):
    signature = sign(STATEMENT, keys["ecdsa256"])
    ada = people.named("ada")
    assert proofs.signer(STATEMENT, signature, ada.keys).fingerprint in {key.fingerprint for key in ada.keys}
    with pytest.raises(ProofRefused):
        proofs.signer(replace(STATEMENT, command="kill"), signature, ada.keys)


# --- hardware tokens ------------------------------------------------------------------------------------------------


def test_a_token_that_was_touched_proves_who_touched_it(proofs):
    assert proofs.check(STATEMENT, TOKEN.sign(text_of(STATEMENT), NAMESPACE), NOW).name == "ada"
    with pytest.raises(ProofRefused, match="does not fit"):
        proofs.check(STATEMENT, TOKEN.sign(b"another text", NAMESPACE), NOW)


def test_a_token_that_nobody_touched_proves_nothing_though_ssh_keygen_takes_it(proofs, people):
    signature = TOKEN.sign(text_of(STATEMENT), NAMESPACE, flags=0)
    assert proofs._run(STATEMENT, signature, people.named("ada").keys).returncode == 0
    with pytest.raises(ProofRefused, match="without being touched"):
        proofs.check(STATEMENT, signature, NOW)


# --- the program ----------------------------------------------------------------------------------------------------


@pytest.fixture
def standing_in(people, tmp_path):
    """Proofs whose ssh-keygen is the given shell script."""

    def build(script, patience=10.0):
        path = tmp_path / "ssh-keygen"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        return SshProofs(people, str(path), patience)

    return build


@pytest.mark.parametrize(
    "script",
    [
        "exit 0",
        "exit 255",
        "echo 'Could not verify signature.'; exit 255",
        "echo 'Could not verify signature.'; echo 'allowed: No such file or directory' >&2; exit 255",
        "echo 'No user exists for uid 10001' >&2; exit 255",
        "echo 'Good \"compromise-bot\" signature for signer with ED25519 key SHA256:%s'; exit 0" % ("A" * 43),
        "echo 'Good \"git\" signature for signer with ED25519 key {fingerprint}'; exit 0",
        "echo 'Good \"compromise-bot\" signature for other with ED25519 key {fingerprint}'; exit 0",
        "echo 'Good \"compromise-bot\" signature for signer with ED25519 key {fingerprint}'; exit 1",
        "echo x; echo 'Good \"compromise-bot\" signature for signer with ED25519 key {fingerprint}'; exit 0",
        "echo x; echo 'Signature verification failed: incorrect signature' >&2; exit 255",
        "echo 'Signature verification failed: incorrect signature' >&2; exit 0",
        "kill -9 $$",
    ],
)
def test_an_answer_that_is_not_clear_settles_nothing(standing_in, keys, script):
    fingerprint = read_key(sshkeys.public(keys["ed25519"])).fingerprint
    proofs = standing_in(script.replace("{fingerprint}", fingerprint))
    with pytest.raises(ProofUnchecked, match="no clear answer"):
        proofs.check(STATEMENT, sign(STATEMENT, keys["ed25519"]), NOW)


def test_a_program_that_hangs_is_ended(standing_in, keys):
    with pytest.raises(ProofUnchecked, match=r"did not answer within 0\.2 seconds"):
        standing_in("exec sleep 60", 0.2).check(STATEMENT, sign(STATEMENT, keys["ed25519"]), NOW)


def test_a_program_that_is_missing_or_broken_settles_nothing(people, tmp_path, keys):
    signature = sign(STATEMENT, keys["ed25519"])
    with pytest.raises(ProofUnchecked, match="install openssh-client"):
        SshProofs(people, str(tmp_path / "none")).check(STATEMENT, signature, NOW)
    broken = tmp_path / "broken"
    broken.write_text("#!/nowhere/sh\n")
    broken.chmod(0o700)
    with pytest.raises(ProofUnchecked, match="could not be run"):
        SshProofs(people, str(broken)).check(STATEMENT, signature, NOW)


def test_the_program_gets_nothing_but_what_it_needs_and_leaves_nothing(standing_in, keys, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "temporary").mkdir()
    seen = tmp_path / "seen"
    proofs = standing_in(
        f'/usr/bin/env > {seen}; /bin/cat "$4" >> {seen}; /bin/ls -l "$4" "${{10}}" >> {seen}; exit 255'
    )
    with pytest.raises(ProofUnchecked):
        proofs.check(STATEMENT, sign(STATEMENT, keys["ed25519"]), NOW)
    text = seen.read_text()
    assert "canary" not in text
    assert [line for line in text.splitlines() if line.startswith("signer ")] == [
        f'signer namespaces="compromise-bot" {key.line}' for key in proofs.people.named("ada").keys
    ]
    assert text.count("-rw------- ") == 2
    assert list((tmp_path / "temporary").iterdir()) == []


# --- signing --------------------------------------------------------------------------------------------------------


def test_the_public_half_signs_by_way_of_ssh_agent(proofs, keys, tmp_path, monkeypatch):
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE) as agent:
        try:
            agent.stdout.readline()
            monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
            subprocess.run(["ssh-add", "-q", keys["ed25519"]], check=True, stdin=subprocess.DEVNULL)
            public = tmp_path / "ada.pub"
            public.write_text(sshkeys.public(keys["ed25519"]))
            assert proofs.check(STATEMENT, sign(STATEMENT, public), NOW).name == "ada"
        finally:
            agent.terminate()


AT_A_TERMINAL = """
import fcntl, sys, termios
from pathlib import Path
from bot.proofs.ssh import sign
from tests.support.statements import STATEMENT

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
Path(sys.argv[2]).write_text(sign(STATEMENT, Path(sys.argv[1])))
"""


def test_ssh_keygen_asks_for_the_passphrase_at_the_terminal_and_we_never_see_it(people, tmp_path):
    """With a display, too: there it would ask by a window that may not exist, if its input were a pipe."""
    path, signature = tmp_path / "locked", tmp_path / "signature"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", path], check=True)
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-c", AT_A_TERMINAL, path, signature]
    environment = {**os.environ, "DISPLAY": ":0", "PYTHONPATH": str(Path(__file__).parents[2])}
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    with subprocess.Popen(command, env=environment, start_new_session=True, **streams) as child:
        os.close(theirs)
        try:
            assert "passphrase" in said_at(terminal)
            os.write(terminal, b"open sesame\n")
            while said_at(terminal):
                pass
        finally:
            os.close(terminal)
    assert child.returncode == 0
    ada = Person("ada", keys=(read_key(sshkeys.public(path)),))
    assert SshProofs(People((ada,))).check(STATEMENT, signature.read_text(), NOW) is ada


def said_at(terminal):
    """What comes next at a terminal within 20 seconds; empty once whoever wrote there has ended."""
    ready, _, _ = select.select([terminal], [], [], 20)
    try:
        return os.read(terminal, 4096).decode() if ready else ""
    except OSError:
        return ""


def test_a_key_that_cannot_sign_says_so(keys, tmp_path, capfd):
    with pytest.raises(ConfigurationError, match="none: no such file; expected your SSH key"):
        sign(STATEMENT, tmp_path / "none")
    broken = tmp_path / "broken"
    broken.write_text("no key\n")
    broken.chmod(0o600)
    with pytest.raises(Misuse, match=r"broken: ssh-keygen did not sign with it \(status 255\)"):
        sign(STATEMENT, broken)
    assert "broken" in capfd.readouterr().err
    with pytest.raises(Misuse, match="install openssh-client"):
        sign(STATEMENT, keys["ed25519"], str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        ("exit 0", Misuse, "left no signature that could be read"),
        (r"printf '\377' > ${8}.sig", Misuse, "left no signature that could be read"),
        ("echo nonsense > ${8}.sig", ProofRefused, "no SSH signature"),
    ],
)
def test_what_came_of_signing_is_looked_at_before_it_is_sent(standing_in, keys, script, error, said):
    with pytest.raises(error, match=said):
        sign(STATEMENT, keys["ed25519"], standing_in(script).program)


def test_a_home_folder_is_found(proofs, keys, monkeypatch):
    monkeypatch.setenv("HOME", str(keys["ed25519"].parent))
    assert proofs.check(STATEMENT, sign(STATEMENT, Path("~/ed25519")), NOW).name == "ada"


def test_a_certificate_signs_for_nobody(proofs, keys, tmp_path):
    """Who may sign stands in the people file, and in no certificate that someone else issues."""
    for name in ("ed25519", "ed25519.pub"):
        (tmp_path / name).write_bytes(keys["ed25519"].with_name(name).read_bytes())
        (tmp_path / name).chmod(0o600)
    subprocess.run(
        ["ssh-keygen", "-q", "-s", keys["other"], "-I", "ada", "-n", "ada", tmp_path / "ed25519.pub"], check=True
    )
    certificate = tmp_path / "ed25519-cert.pub"
    with pytest.raises(ValueError, match="no certificate"):
        read_key(certificate.read_text().strip())
    with pytest.raises((ProofRefused, Misuse)):
        proofs.check(STATEMENT, sign(STATEMENT, certificate), NOW)

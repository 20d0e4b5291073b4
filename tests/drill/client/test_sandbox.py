"""Nothing in a drill reaches another machine, and nothing of the person's own AWS set-up comes in."""

import subprocess
import sys

import pytest

from bot.drill.client.sandbox import ISOLATED, LeftTheSandbox, is_loopback, isolate, isolated, refuse_others

OURS = {"PATH": "/bin", "HOME": "/home/ada", "AWS_PROFILE": "prod", "AWS_SESSION_TOKEN": "x", "BOT_DATA": "/d"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "", None, b"127.0.0.1", "::1%lo"])
def test_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "api.openai.com", "127.0.0.1.evil.test", 7, "fe80::1"])
def test_elsewhere(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("169.254.169.254", 80))),
        ("socket.connect", (None, ("2001:db8::1", 443, 0, 0))),
        ("socket.sendto", (None, ("203.0.113.7", 53))),
        ("socket.getaddrinfo", ("api.stripe.com", 443, 0, 0, 0)),
        ("socket.gethostbyname", ("sts.amazonaws.com",)),
    ],
)
def test_connections_and_lookups_elsewhere_are_refused(event, arguments):
    with pytest.raises(LeftTheSandbox, match="nothing but this machine"):
        refuse_others(event, arguments)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("127.0.0.1", 80))),
        ("socket.connect", (None, "/tmp/world.sock")),
        ("socket.getaddrinfo", ("localhost", 443, 0, 0, 0)),
        ("open", ("/etc/hosts", "r", 0)),
    ],
)
def test_this_machine_and_everything_else_is_let_through(event, arguments):
    refuse_others(event, arguments)


def test_only_what_cannot_lead_outside_is_kept():
    kept = isolated(OURS)
    assert kept == {"PATH": "/bin", "HOME": "/home/ada", **ISOLATED}
    assert kept["AWS_EC2_METADATA_DISABLED"] == "true"


def test_in_place():
    environ = dict(OURS)
    isolate(environ)
    assert environ == isolated(OURS)


def test_the_hook_holds_in_a_real_process():
    program = (
        "import socket, urllib.request\n"
        "from bot.drill.client.sandbox import close_off\n"
        "close_off(); close_off()\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname()).close()\n"
        "try:\n"
        "    urllib.request.urlopen('http://198.51.100.7/', timeout=1)\n"
        "except Exception as error:\n"
        "    print(type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "LeftTheSandbox", done.stderr

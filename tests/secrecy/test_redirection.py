"""Whoever redirects the bot's calls owns all keys: nothing is sent anywhere but where the cards and Slack's, AWS's and
PagerDuty's own names say. What must not be reached is a socket that listens, and it hears nothing.
"""

import pytest

from bot.app import Application
from bot.aws import Aws, call
from bot.consumers.aws_lambda.functions import LambdaConsumers
from bot.drill.fakes.slack import TOKEN
from bot.errors import ConfigurationError, OutsideError
from bot.net.http import Http
from bot.pager.contract import Page
from bot.pager.pagerduty import PagerDuty
from bot.people import People
from bot.providers.building import ProviderBuilder
from bot.providers.sendgrid.provider import SendGrid
from bot.secrets.secret import Credential, Secret
from bot.settings.model import Settings
from bot.settings.table import parameter_name
from bot.slack.bolt_app import build_app
from bot.slack.gateway import SlackGateway, web_client
from bot.slack.guard import OwnTeam
from bot.slack.listeners import AppContext
from bot.slack.socket_mode import SocketMode
from tests.support.faulty import eavesdropper, pointer
from tests.support.incidents import entry

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
REDIRECTS = (301, 302, 303, 307, 308)
KEY = Secret("SG.practice-key-of-nobody.0123456789")
PAGE = Page("inc_ab12cd", "a credential has been compromised", "critical", "", "production")


@pytest.fixture
def elsewhere():
    with eavesdropper() as made:
        yield made
        assert made.heard == []


@pytest.fixture(autouse=True)
def _bare(monkeypatch, tmp_path):
    for name in (*PROXIES, "NO_PROXY", "no_proxy", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAPRACTICE00000000",
        "AWS_SECRET_ACCESS_KEY": "practice-secret-of-nobody",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }.items():
        monkeypatch.setenv(name, value)


def provider(url):
    client = Http("sendgrid", url, timeout=2)
    return lambda: client.send("POST", "/v3/api_keys", verb="create", bearer=KEY, json_body={"name": "x"}).expect(200)


def probe(url):
    keys = SendGrid(Http("sendgrid", url, timeout=2), lambda: KEY, "global")
    return lambda: keys.probe(Credential.single(KEY))


def aws(url):
    made = Aws(endpoint_url=url, timeout=2, loopback_allowed=True)

    def ask():
        try:
            return call("sts", "ask", lambda: made.client("sts").get_caller_identity())
        finally:
            made.client("sts").close()

    return ask


def slack(url):
    return lambda: SlackGateway(web_client(Secret(TOKEN), f"{url}/api")).check()


def slack_post(url):
    return lambda: SlackGateway(web_client(Secret(TOKEN), f"{url}/api")).post("C1", "text")


def slack_answer(url):
    gateway = SlackGateway(web_client(Secret(TOKEN), f"{url}/api"))
    return lambda: gateway.respond(f"{url}/response/1", "text")


def page(url):
    pager = PagerDuty(Secret("r" * 32), events_url=url, api_url=url, production=False, timeout=2)
    return lambda: pager.trigger(PAGE)


def note(url):
    pager = PagerDuty(
        Secret("r" * 32), api_key=Secret("k" * 20), events_url=url, api_url=url, production=False, timeout=2
    )
    return lambda: pager.note(PAGE, "text")


def health(url):
    return lambda: LambdaConsumers.health(f"{url}/health", timeout=2)


CLIENTS = {made.__name__: made for made in (provider, probe, aws, slack, slack_post, slack_answer, page, note, health)}


def outcome(ask):
    """What the client answered, or our own error."""
    try:
        return ask()
    except OutsideError as error:
        return error


@pytest.mark.parametrize("variable", PROXIES)
@pytest.mark.parametrize("client", CLIENTS)
def test_no_client_goes_through_a_proxy(client, variable, elsewhere, monkeypatch):
    monkeypatch.setenv(variable, elsewhere.url)
    monkeypatch.setenv("NO_PROXY", "example.com")
    with pointer("http://127.0.0.1:1") as there:
        outcome(CLIENTS[client](there.url))  # a redirect; what counts is who was asked
        assert there.asked == 1


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)  # botocore's
def test_no_client_follows_a_redirect(client, status, elsewhere):
    with pointer(elsewhere.url) as there:
        there.status = status
        answer = outcome(CLIENTS[client](there.url))
        assert there.asked == 1
    if client in {"probe", "health"}:
        assert str(getattr(answer, "liveness", "unknown")) == "unknown"
        assert getattr(answer, "ok", False) is False
    else:
        assert isinstance(answer, OutsideError)
    assert elsewhere.host not in str(answer)


def test_socket_mode_goes_through_no_proxy(elsewhere, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", elsewhere.url)
    with pointer("http://127.0.0.1:1") as there:
        gateway = SlackGateway(web_client(Secret(TOKEN), f"{there.url}/api"))
        app = build_app(AppContext(None, None, None, People(), gateway, None), None)
        mode = SocketMode(app, OwnTeam(lambda: {"team_id": "T1"}), gateway.open_link)
        mode.look()
        client = mode._client
        assert (app.client.proxy, client.proxy, client.web_client.proxy) == (None, None, None)
        assert mode.missing()
        mode.stop()
        assert there.asked == 1


# --- production -----------------------------------------------------------------------------------------------------


def production(**more):
    return {"BOT_ENVIRONMENT": "production", **more}


@pytest.mark.parametrize("variable", PROXIES)
def test_production_does_not_start_with_a_proxy(variable, elsewhere, monkeypatch):
    monkeypatch.setenv(variable, elsewhere.url)
    with pytest.raises(ConfigurationError, match=rf"^{variable} is set: .* Start the bot without {variable}"):
        Application.from_environment(production(**{variable: elsewhere.url}))


@pytest.mark.parametrize(
    "variable", ["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_KMS"]
)
def test_production_does_not_start_with_another_aws(variable, elsewhere, monkeypatch):
    monkeypatch.setenv(variable, elsewhere.url)
    with pytest.raises(ConfigurationError, match=rf"expected AWS's own host of \w+ over https; check {variable}$"):
        Application.from_environment(production(**{variable: elsewhere.url}))


def test_production_does_not_start_with_one_address_for_all_of_aws(elsewhere, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", elsewhere.url)
    with pytest.raises(ConfigurationError, match="AWS_ENDPOINT_URL is set: in production each service"):
        Application.from_environment(production(AWS_ENDPOINT_URL=elsewhere.url))


def test_an_endpoint_in_the_profile_is_refused_before_anything_is_signed(elsewhere, monkeypatch, tmp_path):
    (tmp_path / "config").write_text(f"[default]\nendpoint_url = {elsewhere.url}\n")
    with pytest.raises(ConfigurationError, match="AWS endpoint http://127"):
        Application.from_environment(production())


def settings(given, parameters):
    return Settings.load(
        production(**given), lambda names: {n: Secret(parameters[n]) for n in names if n in parameters}
    )


@pytest.mark.parametrize("address", ["{}/api", "https://slack.com.evil.test/api", "http://slack.com/api"])
def test_another_slack_is_refused(address, elsewhere):
    with pytest.raises(ConfigurationError, match=r"SLACK_API_URL: expected https://slack\.com/api"):
        settings({"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": address.format(elsewhere.url)}, {})


def test_a_parameter_can_move_neither_aws_nor_slack_nor_a_provider(elsewhere):
    asked = []

    def read(names):
        asked.extend(names)
        return {}

    made = Settings.load(production(), read)
    assert (made.aws_endpoint_url, dict(made.host_urls)) == (None, {})
    assert parameter_name("AWS_ENDPOINT_URL") not in asked
    assert [name for name in asked if name.endswith("-url")] == ["/bot/bot-database-url"]


@pytest.mark.parametrize("address", ["{}", "https://api.openai.com.evil.test", "https://user@api.openai.com"])
@pytest.mark.parametrize("name", ["openai", "sendgrid", "stripe"])
def test_another_address_of_a_provider_is_refused_before_its_admin_credential_is_read(name, address, elsewhere):
    variable, read = f"BOT_{name.upper()}_API_URL", []
    options = {"project": "p", "service_account": "s"} if name == "openai" else {}
    wanted = entry(name, options=options, admin_parameter="/bot/admin")

    def build():
        made = settings({variable: address.format(elsewhere.url)}, {})
        ProviderBuilder(made.host_urls, read.append, production=True, timeout=2)(wanted)

    with pytest.raises(
        ConfigurationError, match=r"expected https at ([a-z]+, )*[a-z.]*api|expected an http:// or https:// address"
    ):
        build()
    assert read == []


@pytest.mark.parametrize("variable", ["BOT_SENDGRID_API_URL", "BOT_OPENAI_API_URL", "BOT_PAGERDUTY_EVENTS_URL"])
def test_production_does_not_start_with_another_address_of_a_provider(variable, elsewhere, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)  # no settings from parameters
    with pytest.raises(ConfigurationError, match=rf"^{variable}: base URL with host 127\.0\.0\.1: expected https at "):
        Application.from_environment(production(**{variable: elsewhere.url}))
    other = "https://127.0.0.1.evil.test"
    with pytest.raises(ConfigurationError, match=rf"^{variable}: .* or a loopback address"):
        Application.from_environment({"BOT_ENVIRONMENT": "development", variable: other})


@pytest.mark.parametrize("variable", ["BOT_PAGERDUTY_EVENTS_URL", "BOT_PAGERDUTY_API_URL"])
def test_another_pagerduty_is_refused(variable, elsewhere):
    made = settings({variable: elsewhere.url, "BOT_PAGERDUTY_ROUTING_KEY": "r" * 32}, {})
    with pytest.raises(ConfigurationError, match="expected https at"):
        _ = Application(made).outside.pager


@pytest.mark.parametrize(
    ("provider", "options"),
    [
        ("sendgrid", {"region": "{}"}),
        ("sendgrid", {"api": "{}"}),
        ("openai", {"project": "p", "service_account": "s", "base_url": "{}"}),
        ("stripe", {"host": "{}"}),
    ],
)
def test_no_option_of_the_catalog_is_an_address(provider, options, elsewhere):
    options = {key: value.format(elsewhere.url) for key, value in options.items()}
    build = ProviderBuilder({}, lambda _: KEY, production=True, timeout=2)
    with pytest.raises(ConfigurationError):
        build(entry(provider, options=options, admin_parameter="/bot/admin"))

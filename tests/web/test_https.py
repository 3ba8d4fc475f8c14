"""Private pages over HTTPS, behind a proxy and in a browser: their buttons work, and no log names
their tokens."""

import http.client
import json
import ssl
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from tests.support.servers import free_port
from tests.web_server.serving import WebServer, web_server
from tests.web_server.tls_proxy import tls_proxy

pytestmark = [pytest.mark.slow, pytest.mark.browser]
_MAKE = """
import json
from django.utils import timezone
from subscriptions import signup
from subscriptions.letters.composing import compose_letter
from subscriptions.links import Purpose, token
from tests.support import factories
person = signup.request("ada@example.org", signup.SignUpRequest(("robot",)), at=timezone.now())
letter = compose_letter(person.letters.get(), timezone.now()).message.decode()
confirm = letter.replace("=\\r\\n", "").partition("/confirm/")[2].partition("/")[0]
other = factories.subscriber("bob@example.org", "robot")
print(json.dumps({
    "confirm": confirm,
    "preferences": token(Purpose.PREFERENCES, person.pk),
    "unsubscribe": token(Purpose.UNSUBSCRIBE, person.pk),
    "one-click": token(Purpose.UNSUBSCRIBE, other.pk),
}))
"""
_STATES = """
from subscriptions.models import Subscriber
print(*Subscriber.objects.order_by("pk").values_list("status", flat=True))
"""


def test_buttons_work_and_no_log_names_a_token(
    tmp_path: Path, chromium: Browser, imap_papers: tuple[Path, Path]
) -> None:
    port = free_port()
    settings = {
        "SITE_URL": f"https://localhost:{port}",
        "TRUSTED_PROXIES": "127.0.0.1",
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "GUNICORN_CMD_ARGS": "--access-logfile - --log-level debug",
    }
    with web_server(tmp_path / "var", **settings) as server:
        tokens = json.loads(server.site.run("shell", "--no-imports", "-c", _MAKE))
        with tls_proxy(port, server.port, imap_papers):
            press_buttons(chromium, settings["SITE_URL"], tokens)
            assert one_click(port, tokens["one-click"]) == 200
            assert one_click(port, "cut." + tokens["one-click"]) == 404
        states = server.site.run("shell", "--no-imports", "-c", _STATES)
        assert states.split() == ["unsubscribed", "unsubscribed"]
        check_log(server, tokens)


def press_buttons(chromium: Browser, site: str, tokens: dict[str, str]) -> None:
    """Confirm, change the preferences and leave, each time with the button of the page."""
    context = chromium.new_context(base_url=site, ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(10_000)
    posts: list[tuple[str, str]] = []
    page.on(
        "request",
        lambda request: (
            request.method == "POST"
            and posts.append(
                (request.all_headers().get("origin", ""), request.all_headers().get("referer", ""))
            )
        ),
    )
    page.goto(f"/confirm/{tokens['confirm']}/")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status").filter(has_text="Confirmed.")).to_be_visible()
    page.goto(f"/preferences/{tokens['preferences']}/")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused").first).to_be_visible()
    page.goto(f"/unsubscribe/{tokens['unsubscribe']}/")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You’re unsubscribed")).to_be_visible()
    context.close()
    assert posts == [(site, f"{site}/")] * 3


def one_click(port: int, token: str) -> int:
    """The status of a mailbox provider's request (RFC 8058): no cookie, no origin."""
    trusting = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("localhost", port, timeout=30, context=trusting)
    body = urlencode({"List-Unsubscribe": "One-Click"})
    fields = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"https://mail.example/?for=ada%40example.org&of=/unsubscribe/{token}/",
    }
    connection.request("POST", f"/unsubscribe/{token}/", body, fields)
    status = connection.getresponse().status
    connection.close()
    return status


def check_log(server: WebServer, tokens: dict[str, str]) -> None:
    """The requests are in the access log, and nothing in it opens anything or names anybody."""
    log = server.output
    assert '"POST /unsubscribe/<token>/ HTTP/1.1" 200' in log
    assert '"POST /unsubscribe/<token>/ HTTP/1.1" 404' in log
    assert '"POST /confirm/<token>/ HTTP/1.1" 302' in log
    assert "ada" not in log
    for each in tokens.values():
        assert each.rpartition(".")[2] not in log

"""A site under a path of its host, behind proxies that strip the path or keep it."""

import contextlib
import re
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from django.test import Client
from django.urls import reverse, set_script_prefix

from digest.mail.outbox import mails
from subscriptions import links
from tests.support.journey import text_of
from tests.web_server.serving import web_server

LINKED = re.compile(r"""\b(href|src|action|formaction|hx-get|hx-post)=["']([^"']*)["']""")
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture
def under_a_path(settings: Any) -> Iterator[None]:
    settings.SITE_URL, settings.FORCE_SCRIPT_NAME = "http://testserver/digest", "/digest"
    settings.STATIC_URL = "/digest/static/"
    set_script_prefix("/digest/")
    links._path.cache_clear()
    yield
    set_script_prefix("/")
    links._path.cache_clear()


@pytest.mark.django_db
@pytest.mark.usefixtures("under_a_path")
@pytest.mark.parametrize(
    ("asked", "view"),
    [
        ("/", "home"),
        ("/digest", "home"),
        ("/digest/", "home"),
        ("/link/", "fresh-link"),
        ("/digest/link/", "fresh-link"),
        # A page's own path begins like the site's: the proxy took that off, or left it on.
        ("/digest/a-token/", "digest"),
        ("/digest/digest/a-token/", "digest"),
        ("/digest/a-token/why/5/", "why-read"),
        ("/digest/admin/login/", "admin:login"),
        ("/digesting/", ""),
    ],
)
def test_what_a_path_means(client: Client, asked: str, view: str) -> None:
    request = client.get(asked).wsgi_request
    match = request.resolver_match
    assert (match.view_name if match else "") == view
    if view:
        assert request.path == reverse(view, args=match.args, kwargs=match.kwargs)


@pytest.mark.django_db
@pytest.mark.usefixtures("under_a_path")
def test_static_files_and_probes_under_the_path() -> None:
    for start in ("", "/digest"):
        answer = Client().get(f"{start}/static/digest/site.css")
        assert b"body" in b"".join(answer)
        answer.close()
        assert Client().get(f"{start}/healthz").content == b"ok\n"


@pytest.mark.usefixtures("under_a_path")
def test_addresses_in_mails_are_the_same_in_every_thread() -> None:
    """Django keeps the prefix for each thread, and a new one has none."""
    made: list[str] = []
    for _ in range(2):
        links._path.cache_clear()
        thread = threading.Thread(target=lambda: made.append(links.address("fresh-link")))
        thread.start()
        thread.join()
        links._path.cache_clear()
        made.append(links.address("fresh-link"))
    assert set(made) == {"http://testserver/digest/link/"}


class Proxy(BaseHTTPRequestHandler):
    """Hands requests on to `port`, without `prefix` at the start of their path."""

    protocol_version = "HTTP/1.1"
    port = 0
    prefix = ""

    def _hand_on(self) -> None:
        if not self.path.startswith("/digest"):
            self.send_error(404)
            return
        length = int(self.headers.get("Content-Length") or 0)
        passed = {name: value for name, value in self.headers.items() if name != "Connection"}
        reply = httpx.request(
            self.command,
            f"http://127.0.0.1:{self.port}{self.path.removeprefix(self.prefix)}",
            headers=passed | {"Accept-Encoding": "identity"},
            content=self.rfile.read(length),
            timeout=30,
            trust_env=False,
        )
        self.send_response(reply.status_code)
        for name, value in reply.headers.multi_items():
            if name not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)

    do_GET = do_POST = _hand_on

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def proxy(prefix: str) -> Iterator[type[Proxy]]:
    handler = type("Handler", (Proxy,), {"prefix": prefix})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.address = f"http://127.0.0.1:{server.server_port}/digest"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield handler
    finally:
        server.shutdown()
        server.server_close()


class Browser:
    """Follows every link of a page, and posts the forms that it is given."""

    def __init__(self, site: str, client: httpx.Client) -> None:
        self.site, self.client = site, client

    @classmethod
    @contextlib.contextmanager
    def of(cls, site: str) -> Iterator["Browser"]:
        with httpx.Client(follow_redirects=True, timeout=30, trust_env=False) as client:
            yield cls(site, client)

    def open(self, address: str) -> httpx.Response:
        reply = self.client.get(address)
        assert reply.status_code == 200, f"{address}: {reply.status_code}"
        assert f"{reply.url}/".startswith(f"{self.site}/"), f"{address} leads to {reply.url}"
        return reply

    def press(self, page: httpx.Response, to: str, **fields: str) -> httpx.Response:
        hidden = dict(HIDDEN.findall(page.text))
        assert "csrfmiddlewaretoken" in hidden
        reply = self.client.post(
            urljoin(str(page.url), to),
            data=hidden | fields,
            headers={"Origin": self.site.rpartition("/")[0], "Referer": str(page.url)},
        )
        assert reply.status_code == 200, f"{to or page.url}: {reply.status_code}"
        assert str(reply.url).startswith(f"{self.site}/"), f"{to} leads to {reply.url}"
        return reply

    def walk(self, *starts: str) -> set[str]:
        """Open these pages and what they link to, each path once; the paths below the site's."""
        waiting = list(starts)
        opened: set[str] = set()
        while waiting:
            address = waiting.pop()
            path = urlsplit(address).path
            if path in opened:
                continue
            opened.add(path)
            reply = self.open(address)
            if "html" in reply.headers["Content-Type"]:
                waiting += self._links(reply)
        return {path.removeprefix("/digest") for path in opened}

    def _links(self, page: httpx.Response) -> Iterator[str]:
        """What may be opened; of forms it is only looked at where they go to."""
        for kind, link in LINKED.findall(page.text):
            target = urljoin(str(page.url), unescape(link))
            if not target.startswith(self.site.rpartition("/")[0]):
                continue
            if kind in ("href", "src"):
                yield target
            else:
                assert target.startswith(f"{self.site}/"), f"{page.url}: {link}"


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["/digest", ""], ids=["taken off", "left on"])
def test_every_link_form_and_mail_of_a_site_under_a_path(tmp_path: Path, prefix: str) -> None:
    with (
        proxy(prefix) as handler,
        web_server(tmp_path, SITE_URL=handler.address) as server,
        Browser.of(handler.address) as browser,
    ):
        handler.port = server.port
        said = browser.press(
            browser.open(f"{browser.site}/"),
            "/digest/subscribe/",
            email="ada@example.org",
            keywords="owls",
        )
        assert "Check your e-mail" in said.text
        server.site.run("deliver")
        [mail] = mails(tmp_path / "outbox")
        text = text_of(message_from_bytes(mail.read_bytes(), policy=default))
        found = re.search(re.escape(browser.site) + r"/confirm/\S+", text)
        assert found
        confirm = browser.open(found[0])
        preferences = browser.press(confirm, "")
        assert "/preferences/" in str(preferences.url)
        server.site.run(
            "createsuperuser", "--noinput", "--username=op", "--email=op@example.org",
            DJANGO_SUPERUSER_PASSWORD="a long enough one",
        )  # fmt: skip
        login = browser.open(f"{browser.site}/admin/")
        operator = browser.press(login, "", username="op", password="a long enough one")
        assert "Log out" in operator.text
        paths = browser.walk(f"{browser.site}/", str(preferences.url), f"{browser.site}/admin/")
        assert {name for name, _ in browser.client.cookies.items()} == {"csrftoken", "sessionid"}
        assert {cookie.path for cookie in browser.client.cookies.jar} == {"/digest/"}
        assert {"/", "/link/", "/outbox/", "/static/digest/site.css", "/admin/"} <= paths
        assert any(path.startswith("/admin/subscriptions/subscriber/") for path in paths)

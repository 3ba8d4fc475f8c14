"""A site over https: redirects, HSTS, cookies, and trusted proxies."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as loaded
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from digest.limits.client_address import TrustedProxies
from digest.monitoring import checks
from digest.web.probes import health
from tests.support import factories
from tests.support.databases import read_only
from tests.support.site import Site
from tests.web_server.serving import get, web_server

SITE = "https://digest.example"
HTTPS = {"X-Forwarded-Proto": "https"}
BROWSER = {"Sec-Fetch-Site": "none"}
STRANGER, PROXY = "198.51.100.9", "10.0.0.7"
NO_HEADER = "does not say whether a request came over https"
NOT_BELIEVED = "is not in TRUSTED_PROXIES"
UNKNOWN_SCHEME = "neither http nor https"
WRONG_HEADER = "sends X-Forwarded-Proto: http for a request that the browser made over https"


@pytest.fixture(autouse=True)
def nothing_is_held(settings: Any) -> None:
    """What another test found ready says nothing here."""
    settings.CELERY_BROKER_URL = "memory://"
    health.forget()


@pytest.fixture
def secure(settings: Any, tmp_path: Path) -> Any:
    """The settings that an https SITE_URL makes."""
    settings.SITE_URL, settings.SECURE_SSL_HOST = SITE, "digest.example"
    settings.ALLOWED_HOSTS = ["digest.example"]
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 3600
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.DATA_DIR = tmp_path
    return settings


def ask(
    peer: str, headers: dict[str, str] | None = None, path: str = "/link/", host: str = ""
) -> Any:
    # A client of its own: middleware reads its settings once.
    fields = {"Host": host or "digest.example", **(headers or {})}
    return Client(REMOTE_ADDR=peer).get(path, headers=fields)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trusted", "peer"), [("", "127.0.0.1"), ("", "::1"), ("", ""), ("10.0.0.7", PROXY)]
)
def test_a_request_that_came_over_https_is_answered(secure: Any, trusted: str, peer: str) -> None:
    secure.TRUSTED_PROXIES = TrustedProxies.from_text(trusted)
    for said in ("HTTPS", " https", "https, http", "Https,https"):
        assert ask(peer, {"X-Forwarded-Proto": said}).status_code == 200
    answer = ask(peer, HTTPS | BROWSER)
    assert answer.status_code == 200
    assert answer["Strict-Transport-Security"] == "max-age=3600"
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("trusted", "peer", "headers"),
    [
        ("10.0.0.7", PROXY, {"X-Forwarded-Proto": "http", "X-Forwarded-For": STRANGER}),
        ("", "127.0.0.1", {"X-Forwarded-Proto": "http"}),
        ("10.0.0.7", PROXY, {"X-Forwarded-Proto": " HTTP "}),
        ("10.0.0.7", STRANGER, {}),
    ],
)
def test_a_plain_request_is_sent_to_https(
    secure: Any, trusted: str, peer: str, headers: dict[str, str]
) -> None:
    secure.TRUSTED_PROXIES = TrustedProxies.from_text(trusted)
    answer = ask(peer, headers, "/link/?a=b", host="digest.example:8000")
    assert (answer.status_code, answer["Location"]) == (301, f"{SITE}/link/?a=b")
    assert "Strict-Transport-Security" not in answer


@pytest.mark.parametrize(
    ("trusted", "peer", "headers", "sentence"),
    [
        ("", PROXY, {}, NO_HEADER),
        ("", "127.0.0.1", {}, NO_HEADER),
        ("", "", {}, NO_HEADER),
        ("", "203.0.113.7", {"Via": "1.1 proxy"}, NO_HEADER),
        ("", "203.0.113.7", {"X-Forwarded-For": STRANGER}, NO_HEADER),
        ("", "203.0.113.7", BROWSER, NO_HEADER),
        ("203.0.113.7", "203.0.113.7", {}, NO_HEADER),
        ("", PROXY, HTTPS, NOT_BELIEVED),
        ("10.0.0.8", PROXY, HTTPS, NOT_BELIEVED),
        # Naming one proxy ends the belief in those of this machine.
        ("10.0.0.8", "127.0.0.1", HTTPS, NOT_BELIEVED),
        ("10.0.0.7", PROXY, {"X-Forwarded-Proto": "http", **BROWSER}, WRONG_HEADER),
        # A stranger, or a proxy on a public address: what it says is not believed.
        ("10.0.0.7", STRANGER, HTTPS, NOT_BELIEVED),
        ("", STRANGER, {"X-Forwarded-Proto": "http"}, NOT_BELIEVED),
        ("", STRANGER, {"CF-Connecting-IP": "192.0.2.1"}, NO_HEADER),
        ("", STRANGER, {"X-Forwarded-Port": "443"}, NO_HEADER),
        ("", STRANGER, {"X-Real-IP": "192.0.2.1"}, NO_HEADER),
        ("", "127.0.0.1", {"X-Forwarded-Proto": " "}, NO_HEADER),
        *[
            ("", "127.0.0.1", {"X-Forwarded-Proto": scheme}, UNKNOWN_SCHEME)
            for scheme in ("wss", "ssl", "http, https", "http,http", ",https", "https:")
        ],
    ],
)
def test_where_a_redirect_might_never_end_the_operator_reads_why(
    secure: Any, trusted: str, peer: str, headers: dict[str, str], sentence: str
) -> None:
    secure.TRUSTED_PROXIES = TrustedProxies.from_text(trusted)
    answer = ask(peer, headers)
    page = answer.content.decode()
    assert answer.status_code == 503
    assert answer["Cache-Control"] == "no-store"
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert sentence in page
    assert f'href="{SITE}/"' in page
    assert PROXY not in page


@pytest.mark.real_clock
def test_doctor_names_a_proxy_that_only_says_the_scheme(secure: Any) -> None:
    at = timezone.now()
    ask(STRANGER, HTTPS)
    assert list(checks.check_proxy(at)) == []
    ask(PROXY, HTTPS)
    assert "TRUSTED_PROXIES" in next(checks.check_proxy(at))


@pytest.mark.django_db
def test_a_plain_site_redirects_nobody_and_believes_no_scheme(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["digest.example"]
    for peer in (PROXY, STRANGER, "127.0.0.1"):
        answer = ask(peer, HTTPS | BROWSER)
        assert answer.status_code == 200
        assert not answer.wsgi_request.is_secure()
        assert "Strict-Transport-Security" not in answer


@pytest.mark.django_db
def test_probes_are_answered_without_https_and_under_any_host_name(secure: Any) -> None:
    for path in ("/healthz", "/readyz"):
        for peer in (STRANGER, PROXY):
            answer = ask(peer, path=path, host="10.0.0.1:8000")
            assert (answer.status_code, answer.content) == (200, b"ok\n")
            assert answer["Cache-Control"] == "no-store"
    assert ask(STRANGER, {}, "/healthz/", host="10.0.0.1").status_code == 301


@pytest.mark.django_db
def test_asking_often_whether_it_is_ready_costs_no_queries() -> None:
    ask("127.0.0.1", path="/readyz", host="localhost")
    with CaptureQueriesContext(connections["default"]) as queries:
        assert ask("127.0.0.1", path="/readyz", host="localhost").status_code == 200
    assert not queries.captured_queries


@pytest.mark.django_db
def test_it_is_not_ready_without_its_tables(tmp_path: Path) -> None:
    usable = connections["default"]
    named = usable.settings_dict | {"NAME": str(tmp_path / "empty.sqlite3"), "OPTIONS": {}}
    connections["default"] = DatabaseWrapper(named)
    try:
        assert ask("127.0.0.1", path="/healthz", host="localhost").status_code == 200
        answer = ask("127.0.0.1", path="/readyz", host="localhost")
    finally:
        connections["default"].close()
        connections["default"] = usable
    assert answer.status_code == 503
    assert answer.content.endswith(b" migrations are not applied: run manage.py migrate.\n")


@pytest.mark.django_db
def test_it_is_not_ready_where_nothing_can_be_written() -> None:
    is_postgres = connections["default"].vendor == "postgresql"
    with read_only():
        assert ask("127.0.0.1", path="/readyz", host="localhost").status_code == (
            503 if is_postgres else 200
        )


@pytest.mark.django_db
def test_only_the_frames_of_mails_may_be_framed_and_only_by_this_site(
    admin_client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.OUTBOX_DIR = tmp_path
    (tmp_path / "a.eml").write_text("Content-Type: text/html\n\n<p>Hello</p>")
    person = factories.subscriber("ada@example.org", "robot")
    mail = f"/admin/subscriptions/subscriber/{person.pk}/preview/html/"
    for frame in ("/outbox/a.eml/html/", mail):
        answer = admin_client.get(frame)
        assert answer.status_code == 200, frame
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    for page in ("/outbox/a.eml/", "/admin/", "/"):
        answer = admin_client.get(page)
        assert answer["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


@pytest.mark.slow
def test_the_checks_of_a_deployment_find_nothing(tmp_path: Path) -> None:
    key = "wT4nq0x8Yb2m6Rk1Zc9uJf3sLh7vPd5gEaQiXoNtMyKjBrWzUC"
    site = Site(tmp_path, SITE_URL="https://digest.example/papers", SECRET_KEY=key)
    # The exit code is 1 at a warning.
    assert site.run("check", "--deploy", "--fail-level", "WARNING") == (
        "System check identified no issues (2 silenced).\n"
    )
    ask_for = [
        "SECURE_SSL_HOST", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME",
        "SESSION_COOKIE_PATH", "CSRF_TRUSTED_ORIGINS", "STATIC_URL",
    ]  # fmt: skip
    print_it = f"from django.conf import settings as s; print([getattr(s, n) for n in {ask_for}])"
    assert site.run("shell", "-v0", "-c", print_it, HSTS_SECONDS="60") == (
        "['digest.example', 60, '__Secure-sessionid', '__Secure-csrftoken', '/papers/', "
        "['https://digest.example'], '/papers/static/']\n"
    )
    assert "'__Host-sessionid'" in site.run("shell", "-v0", "-c", print_it, SITE_URL=SITE)
    plain = site.run("shell", "-v0", "-c", print_it, SITE_URL="http://localhost")
    assert "['localhost', 0, 'sessionid', 'csrftoken', '/', ['http://localhost']" in plain


@pytest.mark.slow
def test_gunicorn_believes_nobody_by_itself(tmp_path: Path) -> None:
    """By default it takes the scheme and the path from whatever runs on this machine."""
    key = "wT4nq0x8Yb2m6Rk1Zc9uJf3sLh7vPd5gEaQiXoNtMyKjBrWzUC"
    settings = {"SITE_URL": SITE, "SECRET_KEY": key, "TRUSTED_PROXIES": "10.0.0.7"}
    with web_server(tmp_path, **settings) as server:
        answer = server.ask(get("/link/", "X-Forwarded-Proto: https"))
        assert answer.startswith(b"HTTP/1.1 503")
        assert NOT_BELIEVED.encode() in answer
        # As a path it would be the prefix, and the rest a probe.
        assert b"200 OK" in server.ask(get("/healthz"))
        assert b"200 OK" not in server.ask(get("/link/healthz", "SCRIPT_NAME: /link"))


def test_only_what_speaks_for_the_whole_domain_is_silenced() -> None:
    assert loaded.SILENCED_SYSTEM_CHECKS == ["security.W005", "security.W021"]


def test_no_script_reads_a_cookie(client: Client) -> None:
    client.get("/link/")
    assert [cookie["httponly"] for cookie in client.cookies.values()] == [True]

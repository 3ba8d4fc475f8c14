"""Who sees the metrics: programs of this machine, and who has the token."""

from typing import Any

import pytest
from django.test import Client

from digest.limits.client_address import TrustedProxies
from digest.web.probes import metrics_page

TOKEN = "correct-horse-battery-staple"
STRANGER = "198.51.100.9"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_page, "_page_until", 0.0)


def status(peer: str, host: str = "127.0.0.1:8000", **headers: str) -> int:
    fields = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = Client(REMOTE_ADDR=peer).get("/metrics", headers=fields)
    assert (b"paper_digest_database_up" in answer.content) == (answer.status_code == 200)
    assert not answer.cookies
    return answer.status_code


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.9"])
def test_programs_of_this_machine(peer: str) -> None:
    assert status(peer) == 200
    assert status(peer, "localhost") == status(peer, "[::1]:8000") == 200


@pytest.mark.parametrize("peer", [STRANGER, "10.0.0.7", "192.168.1.1", "", "::2", "unix:"])
def test_others_see_no_page(peer: str) -> None:
    assert status(peer) == 404


@pytest.mark.parametrize(
    "header",
    ["X_Forwarded_For", "X_Forwarded_Proto", "X_Forwarded_Host", "Forwarded", "X_Real_IP", "Via"],
)
@pytest.mark.parametrize("trusted", ["", "127.0.0.1", "10.0.0.7"])
def test_a_proxy_on_this_machine_is_no_program_of_it(
    settings: Any, header: str, trusted: str
) -> None:
    settings.TRUSTED_PROXIES = TrustedProxies.from_text(trusted)
    for value in ("127.0.0.1", STRANGER, "https"):
        assert status("127.0.0.1", **{header: value}) == 404


def test_a_proxy_that_adds_no_header_passes_on_the_name_of_the_site(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["digest.example"]
    for host in ("digest.example", "127.0.0.1.digest.example", ""):
        assert status("127.0.0.1", host) == 404


def test_the_token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert status(STRANGER, "digest.example", Authorization=f"Bearer {TOKEN}") == 200
    assert status("127.0.0.1", X_Forwarded_For=STRANGER, Authorization=f"bearer {TOKEN}") == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"]
)
def test_a_wrong_token(settings: Any, given: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert status(STRANGER, Authorization=given) == 403
    settings.METRICS_TOKEN = ""
    assert status(STRANGER, Authorization=given) == 404


def test_an_https_site_redirects_no_scraper(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_SSL_HOST = True, "digest.example"
    settings.ALLOWED_HOSTS = ["digest.example"]
    settings.METRICS_TOKEN = TOKEN
    assert status("10.0.0.7", "10.0.0.1:8000", Authorization=f"Bearer {TOKEN}") == 200

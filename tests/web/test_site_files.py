"""favicon.ico, robots.txt and security.txt."""

import struct
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from itertools import filterfalse

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from digest.environment import setting
from digest.environment.security_contacts import security_contacts, usual_contact
from digest.web.private_pages import TOKEN_PAGES, is_private

ADDRESSES = ("/favicon.ico", "/robots.txt", "/.well-known/security.txt")


@pytest.mark.parametrize("address", ADDRESSES)
def test_any_cache_may_keep_them_for_a_day(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert not answer.cookies
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


def test_the_icon_has_the_sizes_that_browsers_show(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer["Content-Type"] == "image/x-icon"
    kind, count = struct.unpack_from("<2xHH", answer.content)
    entries = [struct.unpack_from("<BB6xII", answer.content, 6 + 16 * n) for n in range(count)]
    assert (kind, [entry[:2] for entry in entries]) == (1, [(16, 16), (32, 32), (48, 48)])
    for _, _, size, start in entries:
        image = answer.content[start : start + size]
        assert image.startswith(b"\x89PNG")
        assert image.endswith(b"IEND\xaeB`\x82")


def test_robots_are_asked_to_stay_away_from_every_private_page(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    refused = {line.removeprefix("Disallow: ") for line in lines[1:]}
    assert {f"/{each}/" for each in (*TOKEN_PAGES, "admin", "outbox")} <= refused
    assert set(filterfalse(is_private, refused)) == {"/feeds/", "/search/"}


def test_browsers_learn_how_to_search(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://digest.example.org"
    answer = client.get("/opensearch.xml")
    assert answer["Content-Type"].startswith("application/opensearchdescription+xml")
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    described = ElementTree.fromstring(answer.content)
    url = described.find(f"{space}Url")
    assert url is not None
    assert url.attrib["template"] == "https://digest.example.org/search/?q={searchTerms}"
    assert len(described.findtext(f"{space}ShortName", "")) <= 16
    assert 'href="/opensearch.xml"' in client.get("/search/").content.decode()


def test_robots_under_a_path_of_a_host(client: Client, settings: Settings) -> None:
    settings.SITE_PATH = "/digest"
    assert "Disallow: /digest/preferences/" in client.get("/robots.txt").content.decode()


def test_where_to_report_a_vulnerability(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://digest.example.org"
    settings.SECURITY_CONTACT = security_contacts("https://example.org/report ada@example.org")
    with time_machine.travel(datetime(2026, 11, 20, 15, 30, tzinfo=UTC), tick=False):
        answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == (
        "Contact: https://example.org/report\n"
        "Contact: mailto:ada@example.org\n"
        "Expires: 2027-05-19T00:00:00Z\n"
        "Preferred-Languages: en\n"
        "Canonical: https://digest.example.org/.well-known/security.txt\n"
    )


@pytest.mark.parametrize("now", ["2026-01-01", "2026-12-31", "2028-02-29"])
def test_it_never_expires_while_the_site_runs(client: Client, now: str) -> None:
    with time_machine.travel(now, tick=False):
        text = client.get("/.well-known/security.txt").content.decode()
    until = datetime.fromisoformat(text.partition("Expires: ")[2].split()[0])
    left = until - datetime.fromisoformat(f"{now}T00:00:00+00:00")
    assert timedelta(days=90) < left < timedelta(days=365)


@pytest.mark.parametrize(
    ("raw", "uris"),
    [
        ("ada@example.org", ("mailto:ada@example.org",)),
        ("mailto:ada@example.org", ("mailto:ada@example.org",)),
        ("o'hara+x%y@example.org", ("mailto:o%27hara+x%25y@example.org",)),
        ("tel:+49-30-1234567", ("tel:+49-30-1234567",)),
        ("ada@bücher.example", ("mailto:ada@xn--bcher-kva.example",)),
        ("a@example.org  a@example.org", ("mailto:a@example.org",)),
    ],
)
def test_contacts_are_uris(raw: str, uris: tuple[str, ...]) -> None:
    assert security_contacts(raw) == uris


@pytest.mark.parametrize(
    "wrong",
    ["http://example.org/", "nobody", "https://", "https:", "tel:", "javascript:alert(1)",
     "ftp://example.org", "ada@example.org\x01", "https://example.org/ nobody"],
)  # fmt: skip
def test_what_is_no_contact_stops_the_start(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("SECURITY_CONTACT", wrong)
    with pytest.raises(ImproperlyConfigured, match="SECURITY_CONTACT"):
        setting("SECURITY_CONTACT", "", security_contacts, "addresses")


@pytest.mark.parametrize(
    ("reply_to", "usual"),
    [
        ("Paper Digest <digest@example.org>", "digest@example.org"),
        ("digest@127.0.0.1", ""),
        ("digest@localhost", "digest@localhost"),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_a_site_without_a_domain_starts_without_a_contact(reply_to: str, usual: str) -> None:
    assert usual_contact(reply_to) == usual


def test_without_a_contact_there_is_no_file(client: Client, settings: Settings) -> None:
    settings.SECURITY_CONTACT = ()
    assert client.get("/.well-known/security.txt").status_code == 404

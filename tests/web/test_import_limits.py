"""What an import may cost, and what it must not keep or change."""

import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from digest.limits.machine_slots import machine_slot
from digest.limits.rates import read_rates
from digest.views.reader.imports import LIBRARIES_AT_ONCE
from subscriptions.models import Subscriber
from tests.libraries.libraries import FILES, GAUGES, ris

from .import_page import offered, paste, send_file, start

pytestmark = pytest.mark.django_db


def test_a_body_of_that_size_is_for_readers_only(client: Client, person: Subscriber) -> None:
    large = {"door": "file", "library": SimpleUploadedFile("x.bib", b"x" * 100_000)}
    assert client.post(start(person), large).status_code == 200
    large["library"].seek(0)  # type: ignore[attr-defined]
    assert client.post("/preferences/forged/import/", large).status_code == 413
    huge = {"library": SimpleUploadedFile("x.bib", b"x" * 5_100_000)}
    assert client.post(start(person), huge).status_code == 413


def test_so_many_are_read_at_once(client: Client, person: Subscriber) -> None:
    first, second = (machine_slot("library", LIBRARIES_AT_ONCE) for _ in range(2))
    file = {"door": "file", "library": SimpleUploadedFile("x.ris", FILES["ris"])}
    with first, second:
        busy = client.post(start(person), file)
    assert busy.status_code == 503
    assert busy["Retry-After"]
    assert "Several files are being read right now" in busy.content.decode()
    assert offered(send_file(client, person, FILES["ris"]))


def test_imports_are_limited(client: Client, person: Subscriber, settings: Any) -> None:
    settings.LIMITS = read_rates("imports=2/hour")
    with time_machine.travel("2026-11-20 12:00:00Z", tick=False):
        address = start(person)
        codes = [client.post(address, {"alerts": "x"}).status_code for _ in range(3)]
        assert client.get(address).status_code == 200
    assert codes == [200, 200, 429]
    settings.LIMITS = read_rates("keywords=2/hour")
    with time_machine.travel("2026-11-20 15:00:00Z", tick=False):
        address = start(person)
        first = client.post(address, {"alerts": "a\nb\nc"}).status_code
        assert (first, client.post(address, {"alerts": "d"}).status_code) == (200, 429)


def test_nothing_of_a_file_is_kept(
    client: Client,
    person: Subscriber,
    settings: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither rows, nor log lines, nor files have it; what is added is what was ticked."""
    caplog.set_level(logging.DEBUG)
    settings.DATA_DIR = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    titles = [f"Zugzwang {title}" for title in GAUGES]
    larger_than_djangos_limit = ris(titles) + b" " * 3_000_000
    page = send_file(client, person, larger_than_djangos_limit, "zugzwang.ris")
    assert "zugzwang" in page.text.lower()
    for model in apps.get_models():
        for row in model._default_manager.values():
            assert "zugzwang" not in str(row).lower(), model
    assert "zugzwang" not in caplog.text.lower()
    assert "ada lamp" not in caplog.text.lower()
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]
    assert kept == []


def test_a_forged_form_is_refused(person: Subscriber) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(start(person), {"alerts": "x"}).status_code == 403
    assert strict.post(start(person) + "add/", {"offered": "x", "tick": "0"}).status_code == 403


def test_looking_changes_nothing(client: Client, person: Subscriber) -> None:
    before = list(person.subscriptions.values())
    client.get(start(person))
    assert client.get(start(person) + "add/").status_code == 302
    paste(client, person, "floods")
    send_file(client, person, FILES["ris"])
    assert list(person.subscriptions.values()) == before


def test_the_queries_do_not_grow_with_what_is_imported(
    client: Client, person: Subscriber, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    paste(client, person, "warm up")
    few, many = "a1\nb2", "\n".join(f"word{number}" for number in range(90))
    for text in (few, many):
        with django_assert_num_queries(5):  # two for acronyms
            paste(client, person, text)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '" onfocus="x', "{{ 7|add:7 }}", "\u202e", "😀"]
)
def test_hostile_text_is_text(client: Client, person: Subscriber, text: str) -> None:
    page = paste(client, person, f"{text}\nfloods")
    assert "floods" in offered(page)
    assert not [each for each in page.all("script") if "src" not in each]
    assert "onfocus" not in page.field("tick")
    assert urlsplit(page.all("form")[0]["action"]).netloc == ""

"""Uploading dumps over HTTP: tokens, responses, and that nothing leaks."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from digest import tasks
from digest.ingest import dump_rows
from digest.ingest.pipeline import read
from digest.models import Dump, PushToken, Source
from digest.views.api import receive_dump
from tests.ingest.formats.poison import nested_mail
from tests.support.raw import raw_bytes

pytestmark = pytest.mark.django_db
ADDRESS = "/api/dumps/"
PAGE = "Daily Papers\n\nNov 20, 2026\n\nA robot\n\nIt walks.\n\n  • 2 authors\n·\nNov 19\n".encode()


def make_token(name: str = "lab") -> str:
    source, _ = Source.objects.get_or_create(
        name="Push", defaults={"kind": "push", "enabled": True, "enabled_at": timezone.now()}
    )
    return PushToken.make(name, source)[1]


@pytest.fixture
def token(settings: Any, tmp_path: Path) -> str:
    settings.DUMPS_DIR = tmp_path
    return make_token()


def push(token: str, data: bytes = PAGE, client: Client | None = None, **options: Any) -> Any:
    kind = options.pop("content_type", "application/octet-stream")
    query = options.pop("query", "")
    headers = {"Authorization": f"Bearer {token}"} | options.pop("headers", {})
    browser = client or Client(enforce_csrf_checks=True)
    return browser.post(ADDRESS + query, data, content_type=kind, headers=headers)


def ask(token: str, pk: int) -> Any:
    return Client().get(f"{ADDRESS}{pk}/", headers={"Authorization": f"Bearer {token}"})


def test_a_dump_is_accepted_and_one_can_ask_what_became_of_it(token: str) -> None:
    answer = push(token)
    output = answer.json()
    assert answer.status_code == 202
    assert answer["Location"] == output["address"]
    assert output["address"].endswith(f"/api/dumps/{output['id']}/")
    dump = Dump.objects.get(pk=output["id"])
    assert (dump.state, raw_bytes(dump)) == ("received", PAGE)
    assert dump.source == Source.objects.get()
    assert ask(token, dump.pk).json()["state"] == "received"
    read(dump, at=timezone.now())
    after = ask(token, dump.pk).json()
    assert (after["state"], after["new"], after["error"]) == ("parsed", 1, "")
    assert after["listed_on"] == "2026-11-20"


def test_the_same_bytes_again_are_the_same_dump(token: str) -> None:
    first = push(token)
    again = push(token, query="?name=copy.txt")
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Dump.objects.count() == 1


@pytest.mark.parametrize(
    "kind",
    ["text/html", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""],
)
def test_any_content_type(token: str, kind: str) -> None:
    assert push(token, content_type=kind).status_code == 202
    assert raw_bytes(Dump.objects.get()) == PAGE


def test_what_is_known_of_it_may_be_said(token: str) -> None:
    push(token, query="?name=../page.txt&format=hf_text&listed_on=2026-11-13")
    dump = Dump.objects.get()
    assert (dump.name, dump.format, dump.listed_on) == ("page.txt", "hf_text", date(2026, 11, 13))
    headers = {"X-Dump-Name": "b.txt", "X-Dump-Listed-On": "2026-11-14"}
    dump = Dump.objects.get(pk=push(token, PAGE + b"\n", headers=headers).json()["id"])
    assert (dump.name, dump.listed_on) == ("b.txt", date(2026, 11, 14))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?format=else", "no format"),
        ("?listed_on=soon", "like 2026-11-20"),
        ("?listed_on=2026-13-01", "like 2026"),
    ],
)
def test_what_cannot_be_meant(token: str, query: str, sentence: str) -> None:
    answer = push(token, query=query)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]
    assert not Dump.objects.exists()


def test_nothing_to_take(token: str) -> None:
    assert push(token, b"").status_code == 400


def test_a_body_that_is_cut_off(token: str) -> None:
    environ = RequestFactory().post(ADDRESS, headers={"Authorization": f"Bearer {token}"}).environ
    environ |= {"CONTENT_LENGTH": "99999", "wsgi.input": io.BytesIO(PAGE)}
    answer = receive_dump(WSGIRequest(environ))
    assert answer.status_code == 400
    assert "cut off" in json.loads(answer.content)["error"]
    assert not Dump.objects.exists()


@pytest.mark.parametrize("size", [100, 101])
def test_the_limit_is_exact(token: str, settings: Any, size: int) -> None:
    settings.MAX_DUMP_BYTES = 100
    answer = push(token, b"x" * size)
    assert answer.status_code == (202 if size == 100 else 413)
    assert Dump.objects.exists() == (size == 100)
    if size > 100:
        assert "101 bytes" in answer.json()["error"]


def test_a_disk_that_is_full(token: str, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "full").write_bytes(b"")
    settings.DUMPS_DIR = tmp_path / "full"
    answer = push(token)
    assert answer.status_code == 507
    assert "cannot be kept" in answer.json()["error"]


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer x", "Basic {}", "{}", "Bearer {}x", "Bearer é"],
)
def test_without_a_token_nothing(token: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.format(token)}
    for answer in (
        Client().post(ADDRESS, PAGE, content_type="text/plain", headers=headers),
        Client().get(f"{ADDRESS}1/", headers=headers),
    ):
        assert answer.status_code == 401
        assert "Bearer" in answer["WWW-Authenticate"]
        assert "token is required" in answer.json()["error"]
    assert not Dump.objects.exists()


def test_a_revoked_token_is_none_and_its_hash_is_none_either(token: str) -> None:
    assert push(PushToken.objects.get().sha256).status_code == 401
    PushToken.objects.update(revoked=True)
    assert push(token).status_code == 401


def test_a_source_that_is_switched_off(token: str) -> None:
    Source.objects.update(enabled=False)
    answer = push(token)
    assert answer.status_code == 403
    assert "switched off" in answer.json()["error"]


def test_the_token_is_kept_nowhere_and_logged_nowhere(
    token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    push(token)
    push(token + "x")
    push(token, b"")
    row = PushToken.objects.get()
    assert token not in json.dumps({name: str(value) for name, value in vars(row).items()})
    assert token not in caplog.text
    assert row.last_used_at is not None


def test_methods(token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = Client().get(ADDRESS, headers=headers)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert Client().delete(f"{ADDRESS}1/", headers=headers).status_code == 405
    assert ask(token, 12345).status_code == 404


def test_no_session_and_no_copy(token: str) -> None:
    answer = push(token)
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    asked = ask(token, answer.json()["id"])
    assert "no-store" in asked["Cache-Control"]
    assert asked["Content-Type"] == "application/json"


def test_two_who_hand_in_the_same_at_once(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others: list[Any] = []
    row_of = dump_rows.find_or_create

    def overtaken(*given: Any) -> Any:
        if not others:
            others.append(None)
            others[0] = push(token)
        return row_of(*given)

    monkeypatch.setattr(dump_rows, "find_or_create", overtaken)
    answer = push(token)
    assert (others[0].status_code, answer.status_code) == (202, 200)
    assert answer.json()["id"] == others[0].json()["id"]
    assert Dump.objects.count() == 1


def test_poison_is_kept_and_what_is_behind_it_is_read(token: str) -> None:
    poison = push(token, nested_mail())
    assert poison.status_code == 202
    assert push(token).status_code == 202
    tasks.ingest()
    output = ask(token, poison.json()["id"]).json()
    assert (output["state"], "nested deeper" in output["error"]) == ("quarantined", True)
    assert Dump.objects.filter(state="parsed").count() == 1


@pytest.mark.parametrize("day", ["2031-02-11", "1990-12-31", "9999-12-31"])
def test_a_day_that_cannot_be_true(token: str, day: str) -> None:
    answer = push(token, query=f"?listed_on={day}")
    assert (answer.status_code, day in answer.json()["error"]) == (400, True)
    assert not Dump.objects.exists()

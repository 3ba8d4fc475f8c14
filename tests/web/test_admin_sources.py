"""Admin pages of sources and tokens."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.celery import app
from digest.ingest.formats import AUTO, FORMATS
from digest.ingest.sources.ready_made.presets import PRESETS
from digest.models import Dump, PushToken, Source
from digest.models.sources import token_hash
from digest.operators.mass_actions import fingerprint_of
from tests.ingest.sources.source_factory import copied_page
from tests.ingest.sources.web_server import WebServer, reply, serving

from .pages import Page

pytestmark = pytest.mark.django_db
LIST = "/admin/digest/source/"
POSTED = {
    "name": "Papers",
    "kind": "url",
    "enabled": "on",
    "url": "https://papers.example.org/{date}",
    "format": "auto",
    "intent": "auto",
    "every_minutes": "60",
    "weekdays": ["1", "2", "64"],
    "expected_on": ["1", "16"],
    "mail_port": "993",
}


def add(operator: Client, **changes: Any) -> Page:
    posted = {name: value for name, value in (POSTED | changes).items() if value is not None}
    return Page(operator.post(f"{LIST}add/", posted, follow=True))


def test_a_source_is_written_and_switched_on(operator: Client) -> None:
    add(operator)
    made = Source.objects.get()
    assert (made.weekdays, made.expected_on, made.enabled) == (0b1000011, 0b10001, True)
    assert made.enabled_at is not None
    assert made.next_run_at <= timezone.now()
    shown = Page(operator.get(f"{LIST}{made.pk}/change/"))
    checked = [
        each["value"]
        for each in shown.all("input")
        if "checked" in each and each["name"] == "weekdays"
    ]
    assert checked == ["1", "2", "64"]


def test_one_that_is_off_has_no_time(operator: Client) -> None:
    add(operator, enabled=None)
    made = Source.objects.get()
    assert (made.enabled, made.enabled_at, made.next_run_at) == (False, None, None)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": ""}, "Enter the address"),
        ({"url": "papers.example.org"}, "with https://"),
        ({"url": "file:///etc/passwd"}, "with https://"),
        ({"kind": "folder"}, "Enter the folder’s full path"),
        ({"kind": "folder", "folder": "papers"}, "Enter the folder’s full path"),
        ({"kind": "folder", "folder": "/srv/../etc"}, "Enter the folder’s full path"),
        ({"kind": "folder", "folder": "//"}, "Enter the folder’s full path"),
        ({"kind": "mailbox"}, "Enter the server’s name"),
        (
            {"kind": "mailbox", "mail_host": "a", "mail_user": "b", "password_variable": "HOME"},
            "Enter a name like MAILBOX_PASSWORD",
        ),
        ({"every_minutes": ""}, "Enter either a number"),
        ({"daily_at": "5"}, "Enter either a number"),
        ({"every_minutes": "4"}, "Enter 5 or more"),
        ({"every_minutes": "", "daily_at": "24"}, "from 0 to 23"),
        ({"weekdays": []}, "This field is required"),
        ({"format": "else"}, "Select a valid choice"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said(operator: Client, changes: dict[str, Any], sentence: str) -> None:
    assert sentence in add(operator, **changes).text
    assert not Source.objects.exists()


@pytest.mark.parametrize("inside", ["", "/inbox", "/.."])
def test_the_folder_is_not_our_own(
    operator: Client, settings: Any, tmp_path: Path, inside: str
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    folder = str(tmp_path) if inside == "/.." else f"{settings.DATA_DIR}{inside}"
    assert "keeps its own files" in add(operator, kind="folder", folder=folder).text


def test_saving_leaves_alone_what_a_worker_writes(operator: Client) -> None:
    add(operator)
    made = Source.objects.get()
    Source.objects.update(last_error="noted meanwhile", failures=3, etag="x")
    operator.post(f"{LIST}{made.pk}/change/", POSTED | {"name": "Renamed"})
    made.refresh_from_db()
    assert (made.name, made.last_error, made.etag) == ("Renamed", "noted meanwhile", "x")
    operator.post(f"{LIST}{made.pk}/change/", POSTED | {"name": "Renamed", "format": "hf_text"})
    made.refresh_from_db()
    assert (made.format, made.etag) == ("hf_text", "")


class TestReadyMade:
    def test_they_are_made_once_and_switched_off(self, operator: Client) -> None:
        for made in (len(PRESETS), 0):
            text = Page(operator.post(f"{LIST}ready-made/", follow=True)).text
            assert f"{made} created, switched off." in text
        assert Source.objects.count() == len(PRESETS)
        assert not Source.objects.filter(enabled=True).exists()

    def test_looking_makes_nothing(self, operator: Client) -> None:
        assert operator.get(f"{LIST}ready-made/").status_code == 405
        assert not Source.objects.exists()

    @pytest.mark.parametrize("values", PRESETS, ids=lambda values: str(values["name"]))
    def test_their_formats_are_known(self, values: dict[str, Any]) -> None:
        assert values.get("format", AUTO) in (AUTO, *FORMATS)

    @pytest.mark.parametrize("values", PRESETS, ids=lambda values: str(values["name"]))
    def test_each_can_be_saved_in_the_admin(self, operator: Client, values: dict[str, Any]) -> None:
        made = Source.objects.create(**values)
        form = Page(operator.get(f"{LIST}{made.pk}/change/"))
        posted: dict[str, Any] = {}
        for each in form.all("input"):
            is_box = each.get("type") == "checkbox"
            if each.get("name") and (not is_box or "checked" in each):
                posted.setdefault(each["name"], []).append(
                    each.get("value", "on" if is_box else "")
                )
        chosen = {"kind": made.kind, "format": made.format, "intent": made.intent}
        answer = operator.post(f"{LIST}{made.pk}/change/", posted | chosen)
        assert answer.status_code == 302, Page(answer).text
        fresh = Source.objects.get(pk=made.pk)
        assert {name: getattr(fresh, name) for name in values} == values


class TestFetchNow:
    @pytest.fixture
    def web(self, settings: Any, tmp_path: Path) -> Iterator[WebServer]:
        settings.DATA_DIR = tmp_path
        settings.DUMPS_DIR = tmp_path / "dumps"
        app.conf.task_always_eager = True
        with serving() as server:
            yield server
        app.conf.task_always_eager = False

    def test_it_is_fetched_and_its_dumps_are_shown(
        self, operator: Client, web: WebServer, django_capture_on_commit_callbacks: Any
    ) -> None:
        later = timezone.now() + timedelta(days=1)
        made = Source.objects.create(
            name="Papers", kind="url", url=web.url + "/", allow_private=True, every_minutes=60,
            enabled=True, enabled_at=timezone.now(), next_run_at=later,
        )  # fmt: skip
        web.answer("/", reply(body=copied_page(timezone.now().date(), "Robots")))
        with django_capture_on_commit_callbacks(execute=True):
            operator.post(f"{LIST}{made.pk}/fetch/")
        text = Page(operator.get(f"{LIST}{made.pk}/change/")).text
        assert f"Papers {timezone.now().date()}" in text
        assert "papers: 1, new: 1" in text
        assert "OK" in text
        assert Dump.objects.get().source == made

    def test_one_that_is_off_or_pushed_is_not(self, operator: Client) -> None:
        off = Source.objects.create(name="Off", kind="url", url="x", every_minutes=60)
        pushed = Source.objects.create(
            name="Pushed", kind="push", enabled=True, enabled_at=timezone.now()
        )
        posted = {
            "action": "fetch_now",
            "_selected_action": [off.pk, pushed.pk],
            "confirmed": fingerprint_of([off.pk, pushed.pk]),
        }
        text = Page(operator.post(LIST, posted, follow=True)).text
        assert "Off: switch it on first." in text
        assert "Pushed: its dumps are pushed by others." in text

    def test_looking_fetches_nothing(self, operator: Client) -> None:
        assert operator.get(f"{LIST}1/fetch/").status_code == 405


def test_trouble_and_silence_stand_in_the_list(operator: Client) -> None:
    at = timezone.now()
    values = {"kind": "push", "enabled": True, "enabled_at": at - timedelta(days=9)}
    Source.objects.create(name="A", last_error="The host is not found.", last_error_at=at, **values)
    Source.objects.create(name="B", **values)
    text = Page(operator.get(LIST)).text
    assert "The host is not found." in text
    assert "Quiet: no papers on" in text


def test_switching_on_and_off(operator: Client) -> None:
    made = Source.objects.create(name="Papers", kind="url", url="x", every_minutes=60)
    for action, on in (("switch_on", True), ("switch_off", False)):
        operator.post(
            LIST,
            {
                "action": action,
                "_selected_action": [made.pk],
                "confirmed": fingerprint_of([made.pk]),
            },
        )
        made.refresh_from_db()
        assert (made.enabled, made.next_run_at is not None) == (on, on)


class TestTokens:
    @pytest.fixture
    def source(self) -> Source:
        return Source.objects.create(
            name="Push", kind="push", enabled=True, enabled_at=timezone.now()
        )

    def test_a_token_is_shown_once(self, operator: Client, source: Source) -> None:
        address = reverse("admin:digest_pushtoken_add")
        answer = operator.post(address, {"name": "lab", "source": source.pk})
        row = PushToken.objects.get()
        shown = [word for word in Page(answer).text.split() if token_hash(word) == row.sha256]
        assert len(shown) == 1
        assert "no-store" in answer["Cache-Control"]
        assert shown[0] not in str(answer.cookies)
        for later in (
            reverse("admin:digest_pushtoken_changelist"),
            f"/admin/digest/pushtoken/{row.pk}/change/",
        ):
            text = operator.get(later).content.decode()
            assert shown[0] not in text
            assert row.sha256 not in text

    def test_a_name_is_taken_once(self, operator: Client, source: Source) -> None:
        PushToken.make("lab", source)
        address = reverse("admin:digest_pushtoken_add")
        assert (
            "already exists"
            in Page(operator.post(address, {"name": "lab", "source": source.pk})).text
        )
        assert PushToken.objects.count() == 1

    def test_revoking(self, operator: Client, source: Source) -> None:
        row, _ = PushToken.make("lab", source)
        posted = {
            "action": "revoke",
            "_selected_action": [row.pk],
            "confirmed": fingerprint_of([row.pk]),
        }
        operator.post("/admin/digest/pushtoken/", posted)
        row.refresh_from_db()
        assert row.revoked


def test_others_may_do_none_of_it(client: Client) -> None:
    client.force_login(User.objects.create_user("visitor", is_staff=True))
    for address in (f"{LIST}ready-made/", f"{LIST}1/fetch/", reverse("admin:digest_pushtoken_add")):
        assert client.post(address).status_code == 403
    assert not Source.objects.exists()

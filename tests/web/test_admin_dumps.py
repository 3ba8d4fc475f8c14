"""Handing in a dump at the operators' desk, and what can be done about one that was refused."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from digest.models import Catalogue, Dump, Paper

from .pages import Page

pytestmark = pytest.mark.django_db
ADD = "admin:digest_dump_add"
PAGE = b"""new

Daily Papers

Nov 20, 2026

Diffusion models for maps

We study maps and report what we found, at length.

  \xe2\x80\xa2 3 authors
\xc2\xb7
Nov 18 4

Robots that knit

We study robots and report what we found, at length.

  \xe2\x80\xa2 2 authors
\xc2\xb7
Nov 18
"""


@pytest.fixture
def desk(client: Client, settings: Settings, tmp_path: Path) -> Client:
    settings.DUMPS_DIR = tmp_path
    client.force_login(User.objects.create_superuser("operator"))
    return client


def hand_in(
    desk: Client, data: bytes = PAGE, name: str = "page.txt", **fields: str
) -> HttpResponse:
    file = SimpleUploadedFile(name, data)
    posted = {"file": file, "intent": "auto"} | fields
    return desk.post(reverse(ADD), posted, follow=True)


def act(desk: Client, action: str) -> str:
    rows = list(Dump.objects.values_list("pk", flat=True))
    posted = {"action": action, "_selected_action": rows}
    return Page(desk.post(reverse("admin:digest_dump_changelist"), posted, follow=True)).text


def test_a_dump_is_read_at_once(desk: Client) -> None:
    text = Page(hand_in(desk)).text
    assert "“page.txt”: 2 new, 0 updated, 0 unchanged." in text
    assert Dump.objects.get().state == "parsed"
    assert Paper.objects.numbered().count() == 2


def test_the_same_dump_again_is_nothing_new(desk: Client) -> None:
    hand_in(desk)
    assert "0 new, 0 updated, 2 unchanged" in Page(hand_in(desk, name="copy.txt")).text
    assert Dump.objects.count() == 1


def test_day_and_intent_may_be_set_by_hand(desk: Client) -> None:
    hand_in(desk, listed_on="2026-11-13", intent="backfill")
    assert Dump.objects.get().listed_on.isoformat() == "2026-11-13"
    assert not Paper.objects.numbered().exists()


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff" * 500, b"<html><body>no</body></html>", b"word\n" * 1000]
)
def test_what_is_no_listing_is_kept_and_explained(desk: Client, data: bytes) -> None:
    hand_in(desk, data)
    row = Dump.objects.get()
    assert (row.state, row.raw_path.read_bytes()) == ("quarantined", data)
    assert len(row.error) > 20
    page = Page(desk.get(reverse("admin:digest_dump_change", args=[row.pk])))
    assert row.error in page.text
    assert row.error[:40] in act(desk, "try_again")
    assert not Paper.objects.exists()


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"intent": "auto"}, "This field is required"),
        ({"intent": "sideways", "file": SimpleUploadedFile("a", b"a")}, "Select a valid choice"),
        (
            {"listed_on": "soon", "intent": "new", "file": SimpleUploadedFile("a", b"a")},
            "valid date",
        ),
    ],
)
def test_a_form_that_is_not_complete(
    desk: Client, posted: dict[str, object], sentence: str
) -> None:
    assert sentence in Page(desk.post(reverse(ADD), posted)).text
    assert not Dump.objects.exists()


def test_a_dump_that_is_too_large_is_not_read(desk: Client, settings: Settings) -> None:
    settings.MAX_DUMP_BYTES = 100
    assert "100 is the most that is taken" in Page(hand_in(desk)).text
    assert not Dump.objects.exists()


def test_too_many_new_papers_wait_for_a_word(desk: Client, settings: Settings) -> None:
    settings.NEW_PAPERS_LIMIT = 1
    hand_in(desk)
    assert (Dump.objects.get().state, Paper.objects.count()) == ("waiting", 0)
    assert "2 new" in act(desk, "take_as_backfill")
    assert (Paper.objects.count(), Catalogue.current().newest_seq) == (2, 0)
    act(desk, "take_as_new")
    assert Catalogue.current().newest_seq == 2


def test_saving_what_was_set_by_hand_reads_the_dump_again(desk: Client, settings: Settings) -> None:
    settings.NEW_PAPERS_LIMIT = 1
    hand_in(desk)
    address = reverse("admin:digest_dump_change", args=[Dump.objects.get().pk])
    text = Page(desk.post(address, {"intent": "new", "listed_on": "2026-11-19"}, follow=True)).text
    assert "2 new" in text
    row = Dump.objects.get()
    assert (row.state, row.listed_on.isoformat()) == ("parsed", "2026-11-19")


def test_the_raw_bytes_come_as_a_download(desk: Client) -> None:
    hand_in(desk, b"<script>alert(1)</script>", name='a";b<c>.html')
    row = Dump.objects.get()
    response = desk.get(reverse("admin:dump-raw", args=[row.pk]))
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    row.raw_path.unlink()
    assert desk.get(reverse("admin:dump-raw", args=[row.pk])).status_code == 404
    assert "page.txt" not in act(desk, "try_again")


def test_a_folder_that_takes_nothing_is_a_sentence(
    desk: Client, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    settings.DUMPS_DIR = tmp_path / "file"
    text = Page(hand_in(desk)).text
    assert "Hand in a dump" in text
    assert not Dump.objects.exists()

"""Uploading a dump in the admin, and actions on refused ones."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from pytest_django import Settings

from digest.ingest import raw_storage
from digest.ingest.pipeline import receive
from digest.models import Catalogue, Dump, Listing, Paper, Source
from digest.operators.mass_actions import fingerprint_of
from tests.ingest.formats.poison import nested_mail
from tests.support.raw import raw_bytes

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
def operator(operator: Client, settings: Settings, tmp_path: Path) -> Client:
    settings.DUMPS_DIR = tmp_path
    return operator


def hand_in(
    operator: Client, data: bytes = PAGE, name: str = "page.txt", **fields: str
) -> HttpResponse:
    file = SimpleUploadedFile(name, data)
    posted = {"file": file, "intent": "auto"} | fields
    return operator.post(reverse(ADD), posted, follow=True)


def act(operator: Client, action: str, *dumps: Dump) -> str:
    """What the admin answers to an action on these dumps; on all where none is named."""
    rows = [dump.pk for dump in dumps] or list(Dump.objects.values_list("pk", flat=True))
    posted = {"action": action, "_selected_action": rows, "confirmed": fingerprint_of(sorted(rows))}
    return Page(operator.post(reverse("admin:digest_dump_changelist"), posted, follow=True)).text


def test_a_dump_is_read_at_once(operator: Client) -> None:
    text = Page(hand_in(operator)).text
    assert "“page.txt”: 2 new, 0 updated, 0 unchanged." in text
    assert Dump.objects.get().state == "parsed"
    assert Paper.objects.numbered().count() == 2


def test_the_same_dump_again_is_nothing_new(operator: Client) -> None:
    hand_in(operator)
    assert "0 new, 0 updated, 2 unchanged" in Page(hand_in(operator, name="copy.txt")).text
    assert Dump.objects.count() == 1


def test_day_and_intent_may_be_set_by_hand(operator: Client) -> None:
    hand_in(operator, listed_on="2026-11-13", intent="backfill")
    assert Dump.objects.get().listed_on.isoformat() == "2026-11-13"
    assert not Paper.objects.numbered().exists()


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff" * 500, b"<html><body>no</body></html>", b"word\n" * 1000]
)
def test_what_is_no_listing_is_kept_and_explained(operator: Client, data: bytes) -> None:
    hand_in(operator, data)
    row = Dump.objects.get()
    assert (row.state, raw_bytes(row)) == ("quarantined", data)
    assert len(row.error) > 20
    page = Page(operator.get(reverse("admin:digest_dump_change", args=[row.pk])))
    assert row.error in page.text
    assert row.error[:40] in act(operator, "try_again")
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
    operator: Client, posted: dict[str, object], sentence: str
) -> None:
    assert sentence in Page(operator.post(reverse(ADD), posted)).text
    assert not Dump.objects.exists()


def test_a_dump_that_is_too_large_is_not_read(operator: Client, settings: Settings) -> None:
    settings.MAX_DUMP_BYTES = 100
    assert "the limit is 100" in Page(hand_in(operator)).text
    assert not Dump.objects.exists()


def test_too_many_new_papers_wait_for_a_word(operator: Client, settings: Settings) -> None:
    settings.NEW_PAPERS_LIMIT = 1
    hand_in(operator)
    assert (Dump.objects.get().state, Paper.objects.count()) == ("waiting", 0)
    assert "2 new" in act(operator, "take_as_backfill")
    assert (Paper.objects.count(), Catalogue.current().newest_seq) == (2, 0)
    act(operator, "take_as_new")
    assert Catalogue.current().newest_seq == 2


def test_saving_what_was_set_by_hand_reads_the_dump_again(
    operator: Client, settings: Settings
) -> None:
    settings.NEW_PAPERS_LIMIT = 1
    hand_in(operator)
    address = reverse("admin:digest_dump_change", args=[Dump.objects.get().pk])
    posted = {"intent": "new", "listed_on": "2026-11-19", "format": "auto"}
    text = Page(operator.post(address, posted, follow=True)).text
    assert "2 new" in text
    row = Dump.objects.get()
    assert (row.state, row.listed_on.isoformat()) == ("parsed", "2026-11-19")


def test_the_raw_bytes_come_as_a_download(operator: Client) -> None:
    hand_in(operator, b"<script>alert(1)</script>", name='a";b<c>.html')
    row = Dump.objects.get()
    response = operator.get(reverse("admin:dump-raw", args=[row.pk]))
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    raw_storage.delete(row.sha256)
    assert operator.get(reverse("admin:dump-raw", args=[row.pk])).status_code == 404
    assert "page.txt" not in act(operator, "try_again")


def test_a_folder_that_takes_nothing_is_a_sentence(
    operator: Client, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    settings.DUMPS_DIR = tmp_path / "file"
    text = Page(hand_in(operator)).text
    assert "Upload a dump" in text
    assert not Dump.objects.exists()


class TestRefusedAndYetTaken:
    def test_accept_anyway(self, operator: Client) -> None:
        source = Source.objects.create(name="A page", kind=Source.Kind.PUSH)
        for number in range(3):
            Dump.objects.create(
                sha256=f"{number}", source=source, papers=40, state="parsed", received_at=now()
            )
        row = receive(PAGE, "page.txt", source=source, at=now())
        assert "Perhaps only part of it arrived" in act(operator, "try_again", row)
        assert not Listing.objects.exists()
        assert "2 new" in act(operator, "accept_anyway", row)
        assert Dump.objects.get(pk=row.pk).state == "parsed"

    def test_accept_as_a_format(self, operator: Client) -> None:
        hand_in(operator, b"Not a listing, this.")
        row = Dump.objects.get()
        address = reverse("admin:digest_dump_change", args=[row.pk])
        assert "hf_json" in operator.get(address).content.decode()
        posted = {"intent": "auto", "listed_on": "", "format": "hf_json"}
        text = Page(operator.post(address, posted, follow=True)).text
        row.refresh_from_db()
        assert (row.state, row.format) == ("quarantined", "hf_json")
        assert row.error in text
        assert operator.post(address, posted | {"format": "parchment"}).status_code == 200
        assert Dump.objects.get().format == "hf_json"

    def test_read_again_in_vain_it_does_not_show_as_quarantined(self, operator: Client) -> None:
        hand_in(operator)
        row = Dump.objects.get()
        raw_storage.delete(row.sha256)
        assert "stays as it was" in act(operator, "take_as_new")
        assert Dump.objects.get().state == "parsed"


def test_poison_is_kept_and_explained(operator: Client) -> None:
    answer = hand_in(operator, nested_mail(), "poison.eml")
    assert answer.status_code == 200
    assert "nested deeper" in Page(answer).text
    assert raw_bytes(Dump.objects.get()) == nested_mail()


def test_a_day_that_cannot_be_true(operator: Client) -> None:
    answer = hand_in(operator, listed_on="2031-02-11")
    assert "is a day that has not come. Enter the right date" in Page(answer).text
    assert not Dump.objects.exists()


def test_a_day_set_by_hand_is_doubted_too_and_notes_are_shown(operator: Client) -> None:
    hand_in(operator, nested_mail(), "poison.eml")
    dump = Dump.objects.get()
    address = reverse("admin:digest_dump_change", args=[dump.pk])
    posted = {"listed_on": "2031-02-11", "intent": "auto", "format": "auto"}
    assert "has not come" in Page(operator.post(address, posted, follow=True)).text
    Dump.objects.update(notes=["Its date, 2031-02-11, is a day that has not come."])
    assert "Its date, 2031-02-11" in Page(operator.get(address)).text


LIBRARY = b"TY  - JOUR\nTI  - Gauges of rivers\nDO  - 10.1000/g\nER  - \n"


def test_an_export_is_backfill_and_the_page_says_so(operator: Client) -> None:
    assert "Exports of reference managers" in operator.get(reverse(ADD)).content.decode()
    said = hand_in(operator, LIBRARY, "library.ris").content.decode()
    assert "it is backfill" in said
    assert "To number and mail them, use the action “Take as new”." in said
    assert Paper.objects.get().seq is None


def test_an_export_that_an_operator_calls_new(operator: Client) -> None:
    said = hand_in(operator, LIBRARY, "library.ris", intent="new").content.decode()
    assert "it is backfill" not in said
    assert Paper.objects.get().seq is not None

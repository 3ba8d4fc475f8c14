"""Importing and exporting subscribers in the admin."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from digest.models import Letter
from digest.operators.read_log import READ
from subscriptions.models import Subscriber, SubscriberImport
from subscriptions.subscriber_files import importing
from tests.support import factories

from .pages import Page

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/subscriptions/subscriber/import/"
FILE = "email;keywords;colour\nada@example.org;robot, speech;red\nbob;robot;\n"


def upload(operator: Client, data: str | bytes = FILE) -> Page:
    content = data.encode() if isinstance(data, str) else data
    file = SimpleUploadedFile("people.csv", content)
    return Page(operator.post(ADDRESS, {"file": file}, follow=True))


def post(operator: Client, **fields: str) -> Page:
    address = reverse("admin:subscriber-import-file", args=[SubscriberImport.objects.get().pk])
    return Page(operator.post(address, fields, follow=True))


def test_the_page_documents_the_columns(operator: Client) -> None:
    text = Page(operator.get(ADDRESS)).text
    for word in ("keywords", "timezone", "frequency", "At most 10 MB and 100,000 rows"):
        assert word in text


def test_an_upload_is_shown_before_anything_is_stored(operator: Client) -> None:
    text = upload(operator).text
    assert "Nothing has been imported yet. 1 of 2 rows can be imported" in text
    assert "Columns that are ignored: colour." in text
    assert "robot, speech" in text
    assert "email: Enter a valid e-mail address" in text
    assert not Subscriber.objects.exists()


def test_with_letters(operator: Client) -> None:
    upload(operator)
    text = post(operator, **{"import": "yes", "consent": "ask"}).text
    assert "Imported. 1 added, 0 skipped, 1 refused." in text
    assert Letter.objects.get().subscriber == Subscriber.objects.get()
    entry = LogEntry.objects.get(change_message="Subscribers imported: 1.")
    assert "ada" not in entry.object_repr
    text = post(operator, **{"import": "yes", "consent": "ask"}).text
    assert "It has been imported already." in text


def test_with_recorded_consent(operator: Client) -> None:
    upload(operator)
    asked = {"import": "yes", "consent": "recorded"}
    text = post(operator, **asked).text
    assert "Say how they agreed." in text
    assert "Say when they agreed." in text
    assert "in the future" in post(operator, **asked, source="form", on="2999-01-01").text
    assert not Subscriber.objects.exists()
    text = post(operator, **asked, source="paper form", on="2026-11-01").text
    assert "Recorded consent: paper form, 1 November 2026." in text
    person = Subscriber.objects.active().get()
    shown = Page(operator.get(reverse("admin:subscriptions_subscriber_change", args=[person.pk])))
    assert "paper form" in shown.text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("", "The file is empty."),
        ("name\nAda\n", "No column is called “email”"),
        (b"\x00", "NUL"),
        ('email\n"never closed\n', "The row that begins on line 2 cannot be read"),
    ],
)
def test_what_is_no_such_file(operator: Client, data: Any, sentence: str) -> None:
    assert sentence in upload(operator, data).text
    assert not Subscriber.objects.exists()


def test_one_that_is_too_large(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_BYTES", 20)
    assert f"The file has {len(FILE.encode())} bytes; the limit is 20." in upload(operator).text
    assert not SubscriberImport.objects.exists()


def test_it_can_be_discarded(operator: Client) -> None:
    upload(operator)
    assert "The file was discarded." in post(operator, discard="yes").text
    assert not SubscriberImport.objects.exists()


def test_rows_that_are_not_imported_can_be_downloaded(operator: Client) -> None:
    upload(operator, f"{FILE}c@d.example;x;\nC@d.example;y;\n")
    pk = SubscriberImport.objects.get().pk
    answer = operator.get(reverse("admin:subscriber-import-rows", args=[pk]))
    assert answer.content.decode().splitlines() == [
        "line,result,reason",
        '3,refused,"email: Enter a valid e-mail address, such as ada@example.org."',
        "5,skipped,The same mailbox is on line 4.",
    ]


def test_texts_of_others_are_shown_as_text(operator: Client) -> None:
    page = upload(operator, 'email,keywords,<i>\n<script>@x.example,x\na@x.example,"<b>"\n')
    assert "<script>@x.example" in page.text
    assert not page.all("b")
    assert not page.all("i")


def test_an_export_is_logged_as_a_reading_and_streams(operator: Client) -> None:
    factories.subscriber("ada@example.org", "robot")
    assert (
        "Export all"
        in Page(operator.get(reverse("admin:subscriptions_subscriber_changelist"))).text
    )
    answer = operator.post(reverse("admin:subscriber-export-all"))
    assert answer.streaming
    assert b"ada@example.org,robot" in b"".join(answer.streaming_content)
    assert answer["Cache-Control"] == "no-store, private"
    entry = LogEntry.objects.get(action_flag=READ)
    assert (entry.object_repr, entry.change_message) == (
        "all subscribers",
        "Exported all subscribers.",
    )
    assert operator.get(reverse("admin:subscriber-export-all")).status_code == 405

"""Everything about a person is erased, nothing about others, and what stays is reported."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client

from digest.models import Alarm, DailyStatistic, Digest, Hold, Letter, MailEvent
from digest.monitoring.retention.statistics import count_days
from digest.personal_data.erase import erase, preview_erasure
from digest.personal_data.export import as_json, export
from subscriptions import links, signup
from subscriptions.links import Purpose
from subscriptions.models import (
    LetterRequest,
    Profile,
    Rating,
    SavedPaper,
    Subscriber,
    Subscription,
    Suppression,
)
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier
from tests.support.returned_mails import about
from tests.web.mail_pages import address

from .known_person import ADA, BADA, KEY, ada, mail_file, others

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outbox(tmp_path: Path, settings: Any) -> Path:
    settings.OUTBOX_DIR = tmp_path / "outbox"
    return tmp_path / "outbox"


def rows_with(text: str) -> dict[str, int]:
    """Model -> how many of its rows hold this text in any column, but for that of `BADA`."""
    found: dict[str, int] = {}
    for model in apps.get_models():
        for row in model._default_manager.values():
            whole = json.dumps(row, default=str).lower()
            if text.lower() in whole.replace(BADA, "").replace(f"{KEY}.au", ""):
                found[model._meta.label] = found.get(model._meta.label, 0) + 1
    return found


def test_nothing_of_a_person_is_left_and_all_of_others(outbox: Path) -> None:
    ada()
    other = others()
    hers = [mail_file(outbox, name, to) for name, to in (
        ("1.eml", KEY), ("2.eml", f"Ada <{ADA}>"), ("3.eml", "countess@example.org"),
        (".7-8.tmp", ADA),
    )]  # fmt: skip
    his = mail_file(outbox, "9.eml", BADA)
    assert rows_with(KEY)
    report = erase("  aDA@exAMPLE.org ", MORNING)
    assert rows_with(KEY) == {}
    assert rows_with("countess") == {}
    assert [path.exists() for path in (*hers, his)] == [False] * 4 + [True]
    assert list(Subscriber.objects.all()) == [other]
    assert Digest.objects.get().reply_text == (f"550 (erased): user unknown; forwarded from {BADA}")
    assert list(Subscription.objects.values_list("subscriber", flat=True)) == [other.pk]
    assert (Letter.objects.count(), MailEvent.objects.count()) == (0, 0)
    assert Hold.objects.get().reason == "asked by (erased)."
    assert Alarm.objects.get().details == [f"See <(erased)> and {KEY}.au"]
    entries = LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")
    assert list(entries) == [("(erased)", "")] * 3 + [(BADA, "Not the same as (erased)")]
    assert set(report.goes) == {
        "6 texts", "1 digest", "2 mail events", "2 subscriptions", "4 letters", "1 subscriber",
        "4 outbox files", "1 rating", "1 saved paper", "1 profile",
    }  # fmt: skip
    for model in (Rating, SavedPaper, Profile):
        assert list(model.objects.values_list("subscriber", flat=True)) == [other.pk]
    assert erase(KEY, MORNING).goes == []


def test_the_suppression_stays_and_names_nobody(settings: Any) -> None:
    settings.BACKUP_DAYS = 7
    ada()
    with time_machine.travel(MORNING):
        Suppression.objects.update(expires_at=MORNING.replace(month=12))
        report = erase(ADA, MORNING)
        assert Suppression.objects.for_mailbox(KEY).count() == 1
    left = Suppression.objects.get()
    assert (left.subscriber, left.pending_since is not None) == (None, True)
    assert report.stays == [
        "A fingerprint of the address is kept until 20 December 2026, so that it gets no e-mail "
        "(the address does not exist).",
        "Daily counts of e-mails stay; they name nobody. The last 15 days are counted again "
        "without the erased e-mails.",
        "Backups keep the data until 27 November 2026 (BACKUP_DAYS).",
    ]


def test_what_it_would_do_is_said_before_and_changes_nothing(settings: Any) -> None:
    settings.OPERATORS = (KEY,)
    ada(), others()
    Digest.objects.filter(subscriber__email=ADA).update(state="sending")
    before = rows_with(KEY)
    report = preview_erasure(KEY, MORNING)
    assert rows_with(KEY) == before
    assert {"1 digest", "4 letters", "2 mail events", "1 subscriber"} <= set(report.goes)
    assert report.stays[1:3] == [
        "1 of the e-mails had already been handed to the mail server and may arrive.",
        "The address is in OPERATOR_EMAIL, so alarms still go there.",
    ]
    assert erase(KEY, MORNING).stays == report.stays


def test_the_export_has_a_row_of_each_kind_and_nobody_elses(outbox: Path) -> None:
    ada(), others()
    mail_file(outbox, "1.eml", KEY)
    found = json.loads(as_json(export(KEY)))
    assert {name: len(rows) for name, rows in found.items()} == {
        "subscriptions.subscriber": 1, "subscriptions.subscription": 2, "digest.digest": 1,
        "digest.letter": 4, "digest.mailevent": 2, "admin.logentry": 4,
        "subscriptions.suppression": 1, "subscriptions.rating": 1, "subscriptions.savedpaper": 1,
        "subscriptions.profile": 1, "outbox": 1,
    }  # fmt: skip
    assert found["subscriptions.subscriber"][0]["email"] == ADA
    assert found["digest.digest"][0]["entries"][0]["keywords"] == ["robot"]
    assert {each["text"] for each in found["subscriptions.subscription"]} == {"robot", "speech"}
    assert export("nobody@example.org") == {}


def test_the_commands(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ada()
    call_command("export_person", "ADA@example.org")
    assert json.loads(capsys.readouterr().out)["digest.digest"]
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("erase_person", KEY)
    assert Subscriber.objects.exists()
    monkeypatch.setattr("builtins.input", lambda _: "erase")
    call_command("erase_person", KEY)
    assert not Subscriber.objects.exists()
    call_command("erase_person", KEY, "--yes")
    assert "Erased: nothing was kept." in capsys.readouterr().out
    with pytest.raises(CommandError, match="Nothing is kept"):
        call_command("export_person", "nobody@example.org")


@pytest.mark.parametrize(
    ("email", "key"),
    [("İbrahim@host.org", "i̇brahim@host.org"), ("ünal@host.org", "ünal@host.org"),
     ("Ünal@Bücher.example", "ünal@xn--bcher-kva.example")],
)  # fmt: skip
def test_a_person_with_a_former_kind_of_key(
    email: str, key: str, capsys: Any, outbox: Path
) -> None:
    """So far letters beyond ASCII before the @ were folded."""
    person = factories.subscriber(email, "robot", email_key=key)
    Suppression.objects.record(key, "bounce")
    for whom in (email, f" {email.rpartition('@')[0]}@{key.rpartition('@')[2].upper()} ", person):
        found = export(whom)
        assert found["subscriptions.subscriber"][0]["id"] == person.pk
        assert len(found["subscriptions.suppression"]) == 1
        assert "1 subscriber" in preview_erasure(whom, MORNING).goes
    for stranger in (email.swapcase(), email.upper().replace("İ", "I"), "unal@host.org"):
        assert "subscriptions.subscriber" not in export(stranger)
    call_command("export_person", email)
    assert json.loads(capsys.readouterr().out)["subscriptions.subscriber"]
    call_command("erase_person", email, "--yes")
    assert "1 subscriber" in capsys.readouterr().out
    assert not Subscriber.objects.exists()


def test_who_is_still_there_is_no_success() -> None:
    """A key that nothing makes out of the address."""
    person = factories.subscriber("ünal@host.org", email_key="another")
    with pytest.raises(CommandError, match="There is still a subscriber with this address"):
        call_command("erase_person", "ünal@host.org", "--yes")
    assert erase(person, MORNING).goes == ["1 subscriber"]
    assert erase("ünal@host.org", MORNING).goes == []


def test_links_of_an_erased_person(client: Client) -> None:
    person = ada()
    digest = Digest.objects.get()
    leave = address(Purpose.UNSUBSCRIBE, person.pk)
    pages = [address(purpose, person.pk) for purpose in (Purpose.CONFIRM, Purpose.PREFERENCES)]
    pages.append(address(Purpose.DIGEST, digest.pk))
    erase(KEY, MORNING)
    one_click = Client(enforce_csrf_checks=True)  # as a mailbox provider presses it
    for answer in (client.get(leave), client.post(leave), one_click.post(f"{leave}?in=1.x")):
        assert answer.status_code == 200
        assert "You won’t get e-mail from us" in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
    for page in pages:
        assert client.get(page).status_code == 404
    forged = leave[:-2] + "x/"
    assert client.get(forged).status_code == 404


def test_what_comes_back_later_is_dropped(verp_sender: None) -> None:
    from digest.mail.inbound import bounce_reports
    from digest.mail_events.recording import record_message
    from subscriptions.digest_links import read_unsubscribe_mail

    person = ada()
    raw = about(Digest.objects.get(), "hard")
    subject = f"unsubscribe {links.token(Purpose.UNSUBSCRIBE, person.pk)}"
    erase(KEY, MORNING)
    event = record_message(raw, MORNING).event
    assert (event.kind, event.digest, Suppression.objects.count()) == ("old", None, 1)
    assert (
        read_unsubscribe_mail(bounce_reports.parse_report(f"Subject: {subject}\r\n\r\n".encode()))
        is None
    )
    assert rows_with(KEY) == {}


def test_an_erased_person_may_sign_up_again_as_a_new_one() -> None:
    before = ada().pk
    erase(KEY, MORNING)
    again = signup.request(ADA, signup.SignUpRequest(keywords=("robot",)), at=MORNING)
    assert (again.status, again.pk != before) == ("pending", True)


def moved() -> tuple[Subscriber, Subscriber]:
    """Ada has another address now, and somebody else her former one."""
    person = ada()
    Subscriber.objects.filter(pk=person.pk).update(email="a@new.example", email_key="a@new.example")
    person.refresh_from_db()
    return person, factories.subscriber("countess@example.org", "owls")


@pytest.mark.parametrize("former_ones", [False, True])
def test_an_address_that_somebody_else_has_now_is_theirs(former_ones: bool, outbox: Path) -> None:
    """Neither of the two takes what is the other's, by the address that both had."""
    person, other = moved()
    times = {"not_before": MORNING, "expires_at": MORNING}
    for purpose, key in (("confirm", other.email_key), ("preferences", KEY)):
        Letter.objects.create(
            subscriber=other, email_key=key, purpose=purpose, nonce="b", state="sent", **times
        )
    file = mail_file(outbox, "1.eml", other.email)
    LetterRequest.objects.create(kind="link", email=other.email)
    Hold.objects.create(scope="everything", reason=f"for {other.email}")
    whose, whom = (other, person) if former_ones else (person, other)
    letters = set(Letter.objects.filter(subscriber=whom).values_list("pk", flat=True))
    found = export(whose.email)
    assert not letters & {row["id"] for row in found["digest.letter"]}
    assert ("outbox" in found, "subscriptions.letterrequest" in found) == (former_ones, former_ones)
    erase(whose.email, MORNING)
    assert list(Subscriber.objects.all()) == [whom]
    assert set(Letter.objects.values_list("pk", flat=True)) == letters
    assert (file.exists(), LetterRequest.objects.exists()) == (not former_ones, not former_ones)
    assert ("(erased)" in Hold.objects.get().reason) == former_ones


@pytest.mark.parametrize("typed", ["mueller@bücher.example", "MUELLER@xn--bcher-kva.example."])
def test_the_requests_of_every_spelling_go(typed: str) -> None:
    spellings = [f"{local}@{domain}" for local, domain in (
        ("mueller", "bücher.example"), ("Mueller", "BÜCHER.example"),
        ("mueller", "xn--bcher-kva.example"), ('"mueller"', "xn--bcher-kva.example."),
    )]  # fmt: skip
    for each in (*spellings, "bmueller@bücher.example"):
        LetterRequest.objects.create(kind="sign-up", email=each)
    Hold.objects.create(scope="everything", reason=f"for {', '.join(spellings[:3])}")
    assert erase(typed, MORNING).rows == {"texts": 1, "subscriptions.letterrequest": 4}
    assert LetterRequest.objects.get().email == "bmueller@bücher.example"
    assert Hold.objects.get().reason == "for (erased), (erased), (erased)"


def test_which_counts_of_days_stay() -> None:
    person = factories.subscriber(ADA)
    for days in (14, 15):
        earlier(person, days, "sent")
    sent = DailyStatistic.objects.filter(metric="digests", state="sent")
    on = {days: (MORNING - timedelta(days=days)).date() for days in (14, 15)}
    count_days(MORNING)
    assert set(sent.values_list("day", "count")) == {(on[14], 1), (on[15], 1)}
    erase(KEY, MORNING)
    count_days(MORNING)
    assert list(sent.values_list("day", "count")) == [(on[15], 1)]

"""Importing a file of subscribers: with letters, with recorded consent, twice, and interrupted."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from digest.models import Letter
from digest.monitoring.retention import pruning
from subscriptions import signup, unsubscribing
from subscriptions.models import Subscriber, SubscriberImport, Suppression, UnimportedRow
from subscriptions.subscriber_files import importing
from subscriptions.subscriber_files.csv_file import NotReadable
from tests.support import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 1)
FILE = """\
email,keywords,timezone,time,frequency,day,trending
ada@example.org,"robot, speech -music",Berlin,06:30,weekly,Friday,3
bob@example.org,,,,,,
"""


def check(data: str | bytes = FILE) -> SubscriberImport:
    file = importing.receive(data.encode() if isinstance(data, str) else data, None)
    importing.advance(file.pk)
    file.refresh_from_db()
    return file


def run(data: str | bytes = FILE, *, recorded: bool = False) -> SubscriberImport:
    file = check(data)
    consent = SubscriberImport.Consent
    if recorded:
        assert importing.start(file, consent.RECORDED, "paper form", DAY)
    else:
        assert importing.start(file, consent.ASK)
    importing.advance(file.pk)
    file.refresh_from_db()
    return file


def counts(file: SubscriberImport) -> tuple[int, int, int]:
    return file.added, file.skipped, file.refused


def reasons(file: SubscriberImport) -> list[tuple[int, str]]:
    return list(file.unimported.values_list("line", "reason"))


def test_nothing_is_stored_before_the_operator_says_so() -> None:
    file = check()
    assert (file.state, counts(file)) == ("checked", (2, 0, 0))
    assert not Subscriber.objects.exists()
    assert not Letter.objects.exists()


def test_each_gets_a_confirmation_letter_and_what_the_row_says_on_confirming() -> None:
    file = run()
    assert (file.state, file.data, counts(file)) == ("imported", None, (2, 0, 0))
    assert set(Letter.objects.values_list("subscriber__email", "purpose")) == {
        ("ada@example.org", "confirm"),
        ("bob@example.org", "confirm"),
    }
    assert set(Subscriber.objects.values_list("status", "consent")) == {("pending", "")}
    ada = Subscriber.objects.get(email="ada@example.org")
    signup.confirm(ada.pk, at=timezone.now())
    ada.refresh_from_db()
    assert ada.active_keywords() == ["robot", "speech -music"]
    assert (ada.timezone, ada.send_at, ada.frequency) == ("Europe/Berlin", time(6, 30), "weekly")
    assert (ada.weekly_on, ada.trending_top) == (4, 3)


def test_with_recorded_consent_they_are_active_at_once_and_it_is_kept() -> None:
    run(recorded=True)
    assert not Letter.objects.exists()
    ada, bob = Subscriber.objects.order_by("pk")
    for person in (ada, bob):
        assert (person.status, person.consent, person.consent_on) == ("active", "paper form", DAY)
        assert person.next_due_at is not None
    assert ada.active_keywords() == ["robot", "speech -music"]
    assert (bob.active_keywords(), bob.trending_top) == ([], 10)


def test_recorded_consent_names_its_source() -> None:
    file = check()
    with pytest.raises(IntegrityError), transaction.atomic():
        importing.start(file, SubscriberImport.Consent.RECORDED)


@pytest.mark.parametrize("recorded", [False, True])
def test_the_same_file_again_adds_nobody(recorded: bool) -> None:
    run(recorded=recorded)
    before = list(Subscriber.objects.values())
    again = run(recorded=recorded)
    assert counts(again) == (0, 2, 0)
    assert list(Subscriber.objects.values()) == before
    assert Letter.objects.count() == (0 if recorded else 2)


def test_who_is_known_or_must_not_be_mailed_is_skipped_and_said() -> None:
    factories.subscriber("active@example.org")
    factories.subscriber("left@example.org")
    unsubscribing.unsubscribe(Subscriber.objects.get(email="left@example.org").pk)
    Suppression.objects.record("gone@example.org", "bounce")
    Suppression.objects.record("cross@example.org", "complaint")
    file = run(
        "email,status\nACTIVE@Example.org,\nleft@example.org,\nGone@example.org,\n"
        "cross@example.org,\nnew@example.org,Active\n<New@example.org>,\nold@example.org,paused\n",
        recorded=True,
    )
    assert counts(file) == (1, 6, 0)
    said = dict(reasons(file))
    assert said[2] == "This mailbox is subscribed already."
    assert "has unsubscribed" in said[3]
    assert "must not be mailed" in said[4]
    assert "must not be mailed" in said[5]
    assert said[7] in ("The same mailbox is on line 6.", "This mailbox is subscribed already.")
    assert "not “active”" in said[8]
    assert Subscriber.objects.filter(status="active").count() == 2


def test_who_has_not_confirmed_is_left_to_the_letter_unless_consent_is_recorded() -> None:
    run()
    assert dict(reasons(run()))[2].endswith("not confirmed yet.")
    assert counts(run(recorded=True)) == (2, 0, 0)
    assert set(Subscriber.objects.values_list("status", flat=True)) == {"active"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",robot", "email: The address is missing."),
        ("ada,robot", "email: Enter a valid e-mail address"),
        ("аda@example.org,robot", "email: "),
        ("a@b.example,(((", "keywords: “(((”: There is no word in it"),
        ("a@b.example,-music", "keywords: These keywords only exclude papers."),
        ("a@b.example,,Atlantis", "timezone: "),
        ("a@b.example,,,25:00", "time: Enter a time like 07:00."),
        ("a@b.example,,,,hourly", "frequency: Write one of daily, weekdays, weekly."),
        ("a@b.example,,,,weekly,Someday", "day: Choose a day of the week."),
        ("a@b.example,,,,,,999", "trending: “trending” is a number from 0 to 20."),
        ("a@b.example,,,,,,-1", "trending: “trending” is a number"),
        ("a@b.example,x,,,,,\u202etxt", "trending: "),
        (f"a@b.example,{'x' * 100_000}", "keywords: "),
        (f"{'x' * 400}@b.example,x", "email: "),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_taken(row: str, reason: str) -> None:
    header = FILE.partition("\n")[0]
    file = run(f"{header}\n{row}\ngood@example.org,robot\n", recorded=True)
    assert counts(file) == (1, 0, 1)
    ((line, said),) = reasons(file)
    assert line == 2
    assert said.startswith(reason)
    assert len(said) <= 300
    assert Subscriber.objects.get().email == "good@example.org"


def test_a_reason_names_no_address() -> None:
    file = check("email\n“ada＠mailbox.test” x\nadä@mailbox.test\nada@mailbox,test\n")
    assert counts(file) == (0, 0, 3)
    assert not any("mailbox" in reason for _, reason in reasons(file))


def test_signs_that_nobody_sees_are_dropped_from_an_address() -> None:
    run("email,keywords\n\u202eada@example.org\u200f,robot\n", recorded=True)
    assert Subscriber.objects.get().email == "ada@example.org"


def test_formulas_are_text() -> None:
    run("email,keywords\n'=ada@example.org,\"'-music, robot\"\n", recorded=True)
    person = Subscriber.objects.get()
    assert person.email == "=ada@example.org"
    assert person.active_keywords() == ["-music", "robot"]


def test_a_file_that_cannot_be_read_to_its_end_is_refused_whole() -> None:
    file = check('email\na@example.org\nb@example.org\n"c@example.org\n')
    assert (file.state, file.data) == ("refused", None)
    assert "begins on line 4" in file.error
    assert not importing.start(file, SubscriberImport.Consent.ASK)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotReadable, match="the limit is 10,000,000"):
        importing.receive(b"email\n" + b"x" * 10_000_000, None)
    monkeypatch.setattr(importing, "MAX_ROWS", 2)
    assert check("email\na@b.example\nc@d.example\n").state == "checked"
    assert "more than 2 rows" in check("email\na@b.example\nc@d.example\ne@f.example\n").error


def lines(number: int) -> str:
    return "email\n" + "".join(f"p{each}@example.org\n" for each in range(number))


@pytest.mark.parametrize("recorded", [False, True])
def test_what_was_cut_short_goes_on(monkeypatch: pytest.MonkeyPatch, recorded: bool) -> None:
    monkeypatch.setattr(importing, "_BATCH", 2)
    file = importing.receive(lines(5).encode(), None)
    for _ in range(4):
        importing.advance(file.pk, until=0)
    file.refresh_from_db()
    assert (file.state, counts(file)) == ("checked", (5, 0, 0))
    real, calls = signup.request, iter(range(9))

    def failing(*asked: Any, **named: Any) -> Any:
        if next(calls) == 3:
            raise OSError("power cut")
        return real(*asked, **named)

    consent = SubscriberImport.Consent.RECORDED if recorded else SubscriberImport.Consent.ASK
    importing.start(file, consent, *(("form", DAY) if recorded else ()))
    monkeypatch.setattr(importing.signup, "request", failing)
    importing.advance(file.pk, until=0)
    importing.continue_imports(60)
    file.refresh_from_db()
    assert (file.state, file.added, file.refused) == ("imported", 4, 1)
    assert "The program failed at this row (OSError)" in UnimportedRow.objects.get().reason


def test_a_failing_database_stops_it_and_nothing_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "_BATCH", 2)
    file = check(lines(4))
    importing.start(file, SubscriberImport.Consent.RECORDED, "form", DAY)
    importing.advance(file.pk, until=0)
    real = signup.confirm

    def failing(*_: Any, **__: Any) -> None:
        raise IntegrityError("disk full")

    monkeypatch.setattr(importing.signup, "confirm", failing)
    with pytest.raises(IntegrityError), transaction.atomic():
        importing.advance(file.pk)
    file.refresh_from_db()
    assert (file.state, file.rows_done, file.added) == ("importing", 2, 2)
    monkeypatch.setattr(importing.signup, "confirm", real)
    importing.advance(file.pk)
    assert Subscriber.objects.active().count() == 4


def test_of_two_workers_one_takes_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    file = check(lines(3))
    importing.start(file, SubscriberImport.Consent.ASK)
    real = importing._take

    def second(mine: Any, batch: Any, seen: Any) -> bool:
        other = SubscriberImport.objects.get(pk=file.pk)
        monkeypatch.setattr(importing, "_take", real)
        importing.advance(other.pk)
        return real(mine, batch, seen)

    monkeypatch.setattr(importing, "_take", second)
    importing.advance(file.pk)
    file.refresh_from_db()
    assert (file.state, counts(file)) == ("imported", (3, 0, 0))
    assert Letter.objects.count() == 3


def test_an_import_plans_no_letters_while_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor's letter leaves behind those of one batch, not of the whole file."""
    monkeypatch.setattr(importing, "_BATCH", 2)
    file = check(lines(6))
    importing.start(file, SubscriberImport.Consent.ASK)
    importing.advance(file.pk, until=0)
    assert Letter.objects.count() == 2
    Letter.objects.update(not_before=timezone.now() + timedelta(minutes=5))
    importing.continue_imports(60)
    assert Letter.objects.count() == 2
    Letter.objects.update(not_before=timezone.now())
    importing.continue_imports(60)
    assert Letter.objects.count() == 6


def test_retention_deletes_files_that_nobody_imports_and_old_rows() -> None:
    now = timezone.now()
    unused, done, recent = check(), run(), run(lines(1))
    SubscriberImport.objects.filter(pk=unused.pk).update(created_at=now - timedelta(days=2))
    SubscriberImport.objects.filter(pk=done.pk).update(created_at=now - timedelta(days=31))
    pruning.prune(now)
    assert list(SubscriberImport.objects.all()) == [recent]

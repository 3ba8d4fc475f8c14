"""What is past its retention period is deleted once it is counted; what is needed stays."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client

from digest.models import DailyStatistic, Digest, DigestFacts, Letter, MailEvent, Run
from digest.monitoring.retention import pruning
from digest.monitoring.retention.retention_periods import (
    DAYS_UNTIL_FINAL,
    LOOK_BACK_DAYS,
    RetentionPeriods,
)
from digest.selection import history
from digest.sending.resend import NotCopied, plan_copy
from digest.views.why import REMEMBERED
from subscriptions.links import LIFETIMES, Purpose
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier, entry, found
from tests.web.mail_pages import address

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def days_later(days: float) -> Any:
    return MORNING + timedelta(days=days)


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> None:
    settings.INBOX_DIR, settings.OUTBOX_DIR = tmp_path / "inbox", tmp_path / "outbox"
    settings.DUMPS_DIR = tmp_path / "dumps"


def sent(person: Subscriber, **fields: Any) -> Digest:
    """A digest of MORNING with a paper, and a reply that names its reader."""
    paper = factories.paper("A robot")
    held = {
        "entries": [entry(paper.pk, "robot")],
        "facts": DigestFacts(since_known=True),
        "sent_at": MORNING,
    }
    return earlier(person, 0, reply_text=f"250 {person.email}", **(held | fields))


def test_periods_are_read_and_none_is_shorter_than_what_looks_back() -> None:
    periods = RetentionPeriods.from_text("contents=100 files=1")
    assert (periods.contents, periods.files, periods.letters) == (100, 1, 92)
    assert RetentionPeriods.from_text(str(RetentionPeriods())) == RetentionPeriods()
    for wrong in ("contents=91", "digests=91", "contents=800", "letters=29", "addresses=29",
                  "pending=29", "unsubscribed=29", "events=29", "files=0", "what=3",
                  "files=2 files=3", "files", "files=x", "digests=9999999",
                  "files=36501"):  # fmt: skip
        with pytest.raises(ValueError):
            RetentionPeriods.from_text(wrong)
    # A day for a late digest, and one for dates ahead of UTC's.
    spans = (LIFETIMES[Purpose.DIGEST], LIFETIMES[Purpose.WHY], LIFETIMES[Purpose.EXCLUDE],
             history.REMEMBERED, REMEMBERED)  # fmt: skip
    assert all(each and each + 2 * DAY <= LOOK_BACK_DAYS * DAY for each in spans)
    shortest = RetentionPeriods.from_text("pending=30").pending
    assert shortest > DAYS_UNTIL_FINAL


def test_contents_go_after_92_days_with_the_words_of_the_reply_and_rows_after_two_years() -> None:
    digest = sent(factories.subscriber())
    pruning.prune(days_later(92))
    digest.refresh_from_db()
    assert (digest.pruned, len(digest.entries)) == (False, 1)
    assert pruning.prune(days_later(92.1))["digests' contents"] == 1
    digest.refresh_from_db()
    held = (digest.entries, digest.follow_ups, digest.facts, digest.reply_text)
    assert (digest.pruned, digest.state, held) == (True, "sent", ([], [], DigestFacts(), ""))
    pruning.prune(days_later(730))
    assert Digest.objects.exists()
    assert pruning.prune(days_later(730.1))["digests"] == 1
    counted = DailyStatistic.objects.get(metric="digests")
    assert (counted.day, counted.state, counted.domain, counted.count) == (
        MORNING.date(), "sent", "other", 1,
    )  # fmt: skip


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Etc/GMT+12"])
def test_what_a_digest_looks_back_at_is_there(zone: str) -> None:
    """Day by day: at each date on which a digest is written, all that it may look at is kept."""
    person = factories.subscriber(timezone=zone)
    day = MORNING.astimezone(person.zone).date()
    digest = sent(person, local_date=day)
    looked_back_at = []
    for days in range(88, 95):
        for late in (0.0, 0.9):  # a digest is tried for a day
            pruning.prune(days_later(days + late))
            digest.refresh_from_db()
            next_one = Digest(subscriber=person, local_date=day + timedelta(days=days))
            if history.within_memory(next_one, history.sent_digests_of([next_one])[person.pk]):
                looked_back_at.append(days)
                assert not digest.pruned
    assert looked_back_at == [88, 88, 89, 89]
    assert digest.pruned


def test_nothing_goes_that_a_digest_of_days_ago_may_still_look_at() -> None:
    person = factories.subscriber()
    digest = sent(person)
    late = earlier(person, -89, "planned", composed_at=None, from_seq=None, to_seq=None)
    pruning.prune(days_later(94))
    digest.refresh_from_db()
    assert not digest.pruned
    Digest.objects.filter(pk=late.pk).update(state="expired")
    pruning.prune(days_later(94))
    digest.refresh_from_db()
    assert digest.pruned


def test_no_paper_repeats_and_no_follow_up_is_lost_at_the_edge(in_the_morning: None) -> None:
    """A paper numbered anew was sent before; another one has got code since it was sent."""
    again = factories.paper("A robot", renumbered=True)
    person = factories.subscriber("ada@example.org", "robot", confirmed_at=days_later(-200))
    followed = factories.paper("A robot with code", seq=None, code_url="https://code.example/r")
    old = entry(followed.pk, "robot", code=False, comments=0)
    earlier(person, 89, entries=[entry(again.pk, "robot"), old])
    earlier(person, 93, entries=[entry(again.pk, "robot")])
    pruning.prune(MORNING)
    assert list(Digest.objects.order_by("pk").values_list("pruned", flat=True)) == [False, True]
    held = found(person)
    assert held.entries == []
    assert [each.paper for each in held.follow_ups] == [followed.pk]


def test_its_pages_say_how_long_it_is_kept_and_it_is_not_copied(client: Client) -> None:
    with time_machine.travel(MORNING, tick=False):
        digest = sent(factories.subscriber())
        paper = digest.entries[0].paper
        pages = [address(Purpose.DIGEST, digest.pk), address(Purpose.WHY, digest.pk, f"{paper}/"),
                 address(Purpose.DIGEST, digest.pk, f"why/{paper}/")]  # fmt: skip
    for days, status in ((89.9, 200), (90.1, 410), (93, 410)):
        with time_machine.travel(days_later(days), tick=False):
            pruning.prune(days_later(days))
            for page in pages:
                answer = client.get(page)
                assert answer.status_code == status, (days, page)
                assert status == 200 or "for 90 days" in answer.content.decode()
    digest.refresh_from_db()
    assert digest.pruned
    for each in (Purpose.DIGEST, Purpose.WHY, Purpose.EXCLUDE):  # links that were made later
        rest = "" if each == Purpose.DIGEST else f"{paper}/"
        answer = client.get(address(each, digest.pk, rest))
        assert answer.status_code == 410
        assert "for 90 days" in answer.content.decode()
    with pytest.raises(NotCopied, match="no longer kept"):
        plan_copy(digest, days_later(93))


def everything() -> None:
    """A row and a file of each kind, all of MORNING."""
    ada = factories.subscriber()
    digest = sent(ada)
    times = {"not_before": MORNING, "expires_at": MORNING}
    Letter.objects.create(
        subscriber=ada, email_key=ada.email_key, purpose="confirm", nonce="1", state="sent", **times
    )
    change = ada.address_changes.create(
        email="new@example.org", email_key="new@example.org", former_email=ada.email,
        former_email_key=ada.email_key, requested_at=MORNING,
    )  # fmt: skip
    Letter.objects.create(
        email="new@example.org", email_key="new@example.org", address_change=change,
        purpose="new-address", nonce="1", state="sent", **times,
    )  # fmt: skip
    MailEvent.objects.create(kind="delivered", provider="mail", event_id="1", digest=digest,
                             sha256="0" * 64, at=MORNING)  # fmt: skip
    factories.subscriber("new@example.org", status="pending", confirmed_at=None, created_at=MORNING)
    factories.subscriber("left@example.org", status="unsubscribed", unsubscribed_at=MORNING)
    Suppression.objects.create(address_hash="1" * 64, reason="bounce", expires_at=MORNING)
    user = User.objects.create_user("operator")
    kind = ContentType.objects.get_for_model(Subscriber)
    LogEntry.objects.create(user=user, content_type=kind, object_id="1", action_flag=2,
                            action_time=MORNING)  # fmt: skip
    Session.objects.create(session_key="s", session_data="", expire_date=MORNING)


GONE_AFTER = {
    "sessions": 0, "lapsed suppressions": 1, "pending sign-ups": 30, "digests' contents": 92,
    "letters": 92, "changes of address": 92, "mail events": 180, "unsubscribed people": 365,
    "admin log": 365, "digests": 730,
}  # fmt: skip


def test_each_kind_goes_in_its_time_and_a_dry_run_names_it_first(capsys: Any) -> None:
    everything()
    went: dict[str, int] = {}
    for days in sorted({*GONE_AFTER.values()}):
        assert not {name for name in pruning.count_expired(days_later(days)) if name not in went
                    and GONE_AFTER[name] >= days}  # fmt: skip
        expected = pruning.count_expired(days_later(days + 0.5))
        assert pruning.prune(days_later(days + 0.5)) == expected
        went |= dict.fromkeys(expected, days)
    assert went == GONE_AFTER
    assert list(Subscriber.objects.values_list("email", flat=True)) == ["ada@example.org"]
    with time_machine.travel(days_later(800)):
        call_command("prune", "--dry-run")
        call_command("prune")
    assert capsys.readouterr().out.count("Nothing is too old (contents=92") == 2


def test_who_may_still_come_back_stays() -> None:
    """Asked anew a moment ago, back again, paused, confirmed once, or left nobody knows when."""
    for name, fields in {
        "anew": {"status": "pending", "confirmed_at": None},
        "left": {"status": "unsubscribed", "unsubscribed_at": MORNING},
        "back": {"unsubscribed_at": MORNING},
        "unknown": {"status": "unsubscribed"},
        "paused": {"status": "paused"},
        "confirmed": {"status": "pending"},
    }.items():
        person = factories.subscriber(f"{name}@example.org", created_at=MORNING, **fields)
        if name in ("anew", "left"):
            Letter.objects.create(
                subscriber=person, email_key=person.email_key, purpose="confirm", nonce="1",
                state="sent", not_before=days_later(390), expires_at=days_later(390),
            )  # fmt: skip
    pruning.prune(days_later(400))
    assert Subscriber.objects.count() == 6
    gone = {"pending sign-ups": 1, "unsubscribed people": 1}
    assert pruning.prune(days_later(421)) == gone
    assert pruning.prune(days_later(764)) == {}
    assert pruning.prune(days_later(766)) == {"unsubscribed people": 1}
    left = Subscriber.objects.values_list("email", flat=True)
    assert set(left) == {f"{name}@example.org" for name in ("back", "paused", "confirmed")}


def test_a_letter_of_the_day_is_not_one_of_before_the_pruning() -> None:
    """Two letters of a day have different names, though the old ones are gone between them."""
    from subscriptions import signup

    at = days_later(100)
    with time_machine.travel(at, tick=False):
        person = factories.subscriber(status="pending", confirmed_at=None)
        Letter.objects.create(
            subscriber=person, email_key=person.email_key, purpose="confirm", nonce="old",
            state="sent", not_before=MORNING, expires_at=MORNING,
        )  # fmt: skip
        signup.request(person.email, signup.SignUpRequest(keywords=("robot",)), at=at)
        Letter.objects.exclude(nonce="old").update(state="sent")
        pruning.prune(at)
        signup.confirm(person.pk, at=at)
        signup.request(person.email, signup.SignUpRequest(keywords=("speech",)), at=at)
    assert Letter.objects.count() == 2


def test_a_turn_without_time_does_nothing_and_is_due_again() -> None:
    everything()
    assert pruning.prune(days_later(800), seconds=-1) == {}
    assert pruning.is_due(days_later(800))
    assert pruning.prune(days_later(800), seconds=60)
    assert not pruning.is_due(days_later(800.5))
    assert pruning.is_due(days_later(801))
    assert Run.objects.get(pk="prune").details["digests"] == 1


def test_batches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROWS_PER_BATCH", "PEOPLE_PER_BATCH"):
        monkeypatch.setattr(pruning, name, 2)
    for each in range(5):
        sent(factories.subscriber(f"reader{each}@example.org", status="unsubscribed",
                             unsubscribed_at=MORNING))  # fmt: skip
    assert pruning.prune(days_later(93)) == {"digests' contents": 5}
    assert pruning.prune(days_later(366)) == {"unsubscribed people": 5}
    assert not Digest.objects.exists()

"""A person is erased while their mail is being sent: it is stopped, or ends without a row."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest.mail.send_loop import MailOutcome, PermitRequest
from digest.mail.transport import AskPermit, Mail, Outcome, Result, Steps
from digest.models import Digest, Letter, OutcomeCount
from digest.personal_data.erase import erase
from digest.sending import planning
from digest.sending.batch import digest_mails
from digest.sending.drain import drain
from digest.sending.journal_replay import replay
from digest.sending.outcomes import OutcomeRecorder
from digest.sending.reply_journal import KEPT, Journal, journals
from subscriptions import signup
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = pytest.mark.django_db
ADA, NAMES = "ada@example.org", ("ada", "bob", "cyd")


@pytest.fixture(autouse=True)
def people(settings: Any, tmp_path: Path) -> None:
    settings.OUTBOX_DIR, settings.JOURNAL_DIR = tmp_path / "outbox", tmp_path / "replies"
    for name in NAMES:
        factories.subscriber(f"{name}@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)


class Pausing(StubTransport):
    """Something happens once, at a point of Ada's mail."""

    def __init__(self, happens: Callable[[], Any], point: str, outcome: Outcome = TAKEN) -> None:
        super().__init__(outcome, max_in_flight=3)
        self._happens, self._point = happens, point

    def _at(self, point: str, mail: Mail) -> None:
        if point == self._point and mail.envelope.recipient == ADA:
            self._happens()

    def steps(self, mail: Mail) -> Steps:
        message = mail.write()
        self._at("before its permit", mail)
        if not (yield AskPermit(self.name)):
            return Outcome(Result.NO_PERMIT)
        self.recipients.append(mail.envelope.recipient)
        self.mails.append(message)
        self._at("after its permit", mail)
        return self.outcome if mail.envelope.recipient == ADA else TAKEN


def erase_ada() -> None:
    assert erase(ADA, MORNING).rows["subscriptions.subscriber"] == 1


def left() -> set[tuple[str, str]]:
    return set(Digest.objects.values_list("subscriber__email", "state"))


OTHERS = {("bob@example.org", "sent"), ("cyd@example.org", "sent")}


def test_a_mail_without_its_permit_is_not_sent() -> None:
    box = Pausing(erase_ada, "before its permit")
    drain(box, lambda: MORNING)
    assert sorted(box.recipients) == ["bob@example.org", "cyd@example.org"]
    assert left() == OTHERS


def test_a_letter_without_its_permit_is_not_sent() -> None:
    signup.send_preferences_link(ADA, at=MORNING)
    box = Pausing(erase_ada, "before its permit")
    drain(box, lambda: MORNING)
    assert ADA not in box.recipients
    assert (left(), Letter.objects.count()) == (OTHERS, 0)


@pytest.mark.parametrize(
    "outcome",
    [
        TAKEN,
        Outcome(Result.REFUSED, "dot", 550, "5.1.1 <ada@example.org> is unknown"),
        Outcome(Result.REFUSED, "dot", 550, "no"),
        Outcome(Result.REFUSED, "dot", 554, "5.7.1 policy"),
        Outcome(Result.REFUSED, "dot", 452, "4.3.1 full"),
        Outcome(Result.UNKNOWN, "dot"),
    ],
)
def test_a_mail_that_has_its_permit_ends_without_a_row(outcome: Outcome) -> None:
    drain(Pausing(erase_ada, "after its permit", outcome), lambda: MORNING)
    assert left() == OTHERS
    assert Suppression.objects.count() == 0
    assert OutcomeCount.objects.hour(10**9).count() == 0
    assert sum(tally.tried for tally in OutcomeCount.objects.exclude(domain="").by(
        "domain").values()) == 2  # fmt: skip


def answered(outcome: Outcome) -> None:
    """All three got this answer, which the drain's journal alone has."""
    rows = Digest.objects.claim(MORNING, 10)
    mails = list(digest_mails(rows, OutcomeRecorder(lambda: MORNING), MORNING))
    with pytest.MonkeyPatch.context() as patch, Journal(_folder()) as journal:
        recorder = OutcomeRecorder(lambda: MORNING, journal)
        recorder.record_and_permit([], [PermitRequest(mail, "smtp") for mail in mails])
        patch.setattr(OutcomeRecorder, "_record", lambda *_: _dies())
        with pytest.raises(ConnectionError):
            recorder.record_and_permit([MailOutcome(mail, outcome) for mail in mails], [])


def _dies() -> None:
    raise ConnectionError


def _folder() -> Path:
    from django.conf import settings

    return Path(settings.JOURNAL_DIR)


def test_a_journal_names_nobody_and_its_replay_passes_over_who_is_erased() -> None:
    answered(Outcome(Result.ACCEPTED, "dot", 250, f"2.0.0 <{ADA}> ok"))
    (path,) = journals(_folder(), time.time())
    # Behind its checksum, whose hexadecimal digits may spell anything.
    lines = [line.partition(b" ")[2].lower() for line in path.read_bytes().splitlines()]
    assert any(b"(address)" in line for line in lines)
    assert not any(b"ada" in line for line in lines)
    erase_ada()
    assert dict(replay(_folder(), MORNING)) == {"sent": 2}
    assert left() == OTHERS
    assert journals(_folder(), time.time()) == []


@pytest.mark.real_clock
def test_a_journal_of_erased_people_alone_goes_in_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    answered(TAKEN)
    for person in Subscriber.objects.all():
        erase(person.email, MORNING)
    assert dict(replay(_folder(), MORNING)) == {}
    assert len(journals(_folder(), time.time())) == 1
    later = time.time() + KEPT + 1
    monkeypatch.setattr("digest.sending.journal_replay.time.time", lambda: later)
    assert dict(replay(_folder(), MORNING)) == {}
    assert journals(_folder(), later) == []

"""Leases are renewed for as long as their drain lives, and no longer."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from digest.mail.send_loop import MailOutcome, PermitRequest
from digest.mail.transport import Blocking, Envelope, Mail, Outcome, Result, Steps
from digest.models import LEASE, Digest, Letter
from digest.sending import claims as leases_module
from digest.sending import drain as drain_module
from digest.sending import planning
from digest.sending.claims import MAX_DRAIN_SECONDS, RENEW_SECONDS, Leases
from digest.sending.drain import drain
from digest.sending.outcomes import OutcomeRecorder
from subscriptions import signup
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import StubTransport

pytestmark = pytest.mark.django_db
MOMENT = timedelta(seconds=5)


@pytest.fixture
def rows() -> list[Digest]:
    """The digests of three people, claimed; their leases are about to lapse."""
    for name in ("ada", "bob", "cyd"):
        factories.subscriber(f"{name}@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    rows: list[Digest] = Digest.objects.claim(MORNING, 10)
    Digest.objects.update(lease_until=timezone.now() + MOMENT)
    return rows


def left(row: Digest) -> timedelta:
    row.refresh_from_db()
    assert row.lease_until is not None
    return row.lease_until - timezone.now()


def watched(rows: list[Digest]) -> Leases:
    leases = Leases()
    leases.add(rows)
    return leases


def test_a_beat_renews_all_leases_in_one_statement(rows: list[Digest]) -> None:
    leases = watched(rows)
    with CaptureQueriesContext(connection) as seen:
        leases.renew()
    assert sum("UPDATE" in query["sql"] for query in seen) == 1
    assert all(LEASE - MOMENT < left(row) <= LEASE for row in rows)


def test_letters_and_digests(rows: list[Digest]) -> None:
    signup.request("new@example.org", signup.SignUpRequest(keywords=("robot",)), at=MORNING)
    letters = Letter.objects.claim(MORNING, 10)
    Letter.objects.update(lease_until=timezone.now() + MOMENT)
    leases = watched(rows)
    leases.add(letters)
    leases.renew()
    assert all(left(row) > MOMENT for row in (*rows, *letters))


def test_a_lease_that_lapsed_or_was_taken_is_not_renewed(rows: list[Digest]) -> None:
    """As after a stop of the whole process."""
    leases = watched(rows)
    lapsed, taken, mine = rows
    Digest.objects.filter(pk=lapsed.pk).update(lease_until=timezone.now() - MOMENT)
    Digest.objects.filter(pk=taken.pk).update(fence=2)
    leases.renew()
    assert left(lapsed) < timedelta()
    assert left(taken) < MOMENT
    assert left(mine) > MOMENT
    Digest.objects.update(lease_until=timezone.now() + MOMENT)
    leases.renew()
    assert [left(row) > MOMENT for row in rows] == [False, False, True]


def test_what_has_its_permit_keeps_the_permit_s_lease(rows: list[Digest]) -> None:
    leases = watched(rows)
    recorder = OutcomeRecorder(lambda: MORNING, leases=leases)
    mails = [Mail(Envelope("s@example.org", row.address), bytes, row) for row in rows]
    recorder.record_and_permit([], [PermitRequest(mail, "smtp") for mail in mails[:1]])
    permit = left(rows[0])
    assert permit > LEASE
    recorder.record_and_permit([MailOutcome(mails[1], Outcome(Result.UNREACHED, "connect"))], [])
    with CaptureQueriesContext(connection) as seen:
        leases.renew()
    assert left(rows[0]) > LEASE
    (update,) = [query["sql"] for query in seen if "UPDATE" in query["sql"]]
    assert str(rows[2].pk) in update


def test_a_beat_without_rows_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as seen:
        Leases().renew()
    assert len(seen) == 0


def test_an_old_claim_counts_as_renewed_by_the_last_renewal(
    rows: list[Digest], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [1000.0]
    monkeypatch.setattr(leases_module.time, "monotonic", lambda: at[0])
    leases = watched(rows)
    at[0] += 100
    assert leases.age(1000.0) == 100
    leases.renew()
    at[0] += 3
    assert leases.age(1000.0) == 3


def test_a_row_with_an_old_lease_is_renewed_before_it_is_begun(
    rows: list[Digest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain_module, "RENEW_IF_OLDER", 0.0)
    Digest.objects.filter(pk=rows[0].pk).update(lease_until=timezone.now() - MOMENT)
    mails = iter([Mail(Envelope("s@example.org", row.address), bytes, row) for row in rows])
    begun = list(drain_module._leased(rows, Leases(), mails, lambda: False))
    assert [mail.row for mail in begun] == rows[1:]


def test_leases_are_renewed_while_a_mail_is_waited_for(
    rows: list[Digest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drain's own thread waits for a server; the renewal comes from another."""
    Digest.objects.release_all(rows)
    renewals: list[int] = []
    monkeypatch.setattr(leases_module, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(Leases, "renew", lambda self: renewals.append(len(self._rows)))

    class Slow(StubTransport):
        def steps(self, mail: Mail) -> Steps:
            while 3 not in renewals:  # all that were claimed
                yield Blocking()
            return (yield from super().steps(mail))

    assert drain(Slow(), lambda: MORNING)["digests"] == {"sent": 3}


def test_a_database_that_fails_once_does_not_stop_the_renewals(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(leases_module, "RENEW_SECONDS", 0.001)
    renewals: Iterator[int] = iter(range(100))

    def fails_first(leases: Leases) -> None:
        if next(renewals) == 0:
            raise OperationalError("gone")
        leases._over.set()

    monkeypatch.setattr(Leases, "renew", fails_first)
    leases = Leases()
    leases._run()
    assert "Leases could not be renewed: OperationalError" in caplog.text
    assert next(renewals) == 2


def test_a_drain_that_hangs_loses_its_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [0.0]

    def wait(_seconds: float) -> bool:
        at[0] += RENEW_SECONDS
        return False

    renewals: list[float] = []
    monkeypatch.setattr(leases_module.time, "monotonic", lambda: at[0])
    leases = Leases()
    monkeypatch.setattr(leases._over, "wait", wait)
    monkeypatch.setattr(leases, "renew", lambda: renewals.append(at[0]))
    leases._run()
    assert renewals[-1] < MAX_DRAIN_SECONDS <= at[0]


def test_a_dead_worker_s_claims_go_on_with_the_next_drain(rows: list[Digest]) -> None:
    Digest.objects.update(lease_until=timezone.now() - MOMENT)
    assert drain(StubTransport(), lambda: MORNING)["digests"] == {"sent": 3}
    assert set(Digest.objects.values_list("fence", flat=True)) == {2}


def test_they_go_on_within_a_minute() -> None:
    between_drains = timedelta(seconds=settings.CELERY_BEAT_SCHEDULE["drain"]["schedule"])
    assert LEASE + between_drains <= timedelta(seconds=60)
    assert timedelta(seconds=3 * RENEW_SECONDS) < LEASE

"""Fixing what many digests hold at once: only one's own, only once, only while the lease lives."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from digest.models import LEASE, Digest, DigestContents, DigestEntry, DigestFacts, State
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db
DAY = MORNING.date()


def planned(person: Subscriber, day: date = DAY, **fields: Any) -> Digest:
    values = {"not_before": MORNING, "expires_at": MORNING + timedelta(hours=23)}
    return Digest.objects.create(subscriber=person, local_date=day, **(values | fields))


def claimed(number: int) -> list[Digest]:
    for at in range(number):
        planned(factories.subscriber(f"p{at}@example.org"))
    return sorted(Digest.objects.claim(MORNING, number), key=lambda digest: digest.pk)


def holding(paper: int) -> DigestContents:
    facts = DigestFacts(change=paper, by_keyword={"“ü”": 1})
    return DigestContents(0, paper, 1, [DigestEntry(paper)], facts=facts)


def freeze(digests: list[Digest]) -> set[int]:
    pairs = [(digest, holding(number)) for number, digest in enumerate(digests, 1)]
    return Digest.objects.freeze_all(pairs, MORNING)


def test_each_row_gets_its_own() -> None:
    digests = claimed(5)
    assert freeze(digests) == {digest.pk for digest in digests}
    for number, digest in enumerate(digests, 1):
        row = Digest.objects.get(pk=digest.pk)
        for each in (row, digest):
            assert (each.from_seq, each.to_seq, each.papers_read) == (0, number, 1)
            assert (each.entries, each.follow_ups) == ([DigestEntry(number)], [])
            assert each.facts == DigestFacts(change=number, by_keyword={"“ü”": 1})
            assert each.composed_at == MORNING
        assert row.lease_until == digest.lease_until


def test_contents_are_frozen_once() -> None:
    (digest,) = claimed(1)
    assert freeze([digest]) == {digest.pk}
    assert Digest.objects.freeze_all([(digest, holding(9))], MORNING) == set()
    assert Digest.objects.get().entries == digest.entries == [DigestEntry(1)]


def lapsed(row: Any) -> None:
    row.update(lease_until=timezone.now() - timedelta(seconds=1))


def claimed_by_another(row: Any) -> None:
    row.update(fence=7)


def composed(row: Any) -> None:
    row.update(composed_at=MORNING, from_seq=0, to_seq=0)


def cancelled(row: Any) -> None:
    row.update(state=State.CANCELLED)


def gone(row: Any) -> None:
    row.delete()


@pytest.mark.parametrize("happens", [lapsed, claimed_by_another, composed, cancelled, gone])
def test_what_is_not_one_s_own_any_more_is_left_alone_among_the_others(happens: Any) -> None:
    digests = claimed(3)
    happens(Digest.objects.filter(pk=digests[1].pk))
    before = list(Digest.objects.filter(pk=digests[1].pk).values())
    assert freeze(digests) == {digests[0].pk, digests[2].pk}
    assert list(Digest.objects.filter(pk=digests[1].pk).values()) == before
    assert digests[1].entries == []
    assert Digest.objects.get(pk=digests[2].pk).entries == [DigestEntry(3)]


def test_it_starts_the_lease_anew() -> None:
    (digest,) = claimed(1)
    Digest.objects.update(lease_until=timezone.now() + timedelta(seconds=30))
    freeze([digest])
    assert digest.lease_until is not None
    left = digest.lease_until - timezone.now()
    assert LEASE - timedelta(seconds=30) < left <= LEASE + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("fields", "waits"),
    [
        ({}, True),
        ({"state": State.LEASED}, True),
        ({"state": State.SENDING}, True),
        *(({"state": state}, False) for state in (State.SENT, State.EMPTY, State.UNKNOWN)),
        ({"kind": Digest.Kind.SAMPLE}, False),
        ({"day": DAY + timedelta(days=1)}, False),
        ({"day": DAY - timedelta(days=400)}, False),  # nobody can claim it any more
    ],
    ids=str,
)
def test_an_earlier_one_that_has_not_ended_blocks(fields: dict[str, Any], waits: bool) -> None:
    ada, bob = factories.subscriber("ada@example.org"), factories.subscriber("bob@example.org")
    mine = planned(ada)
    planned(ada, **({"day": DAY - timedelta(days=1)} | fields))
    others = [planned(bob), planned(bob, kind=Digest.Kind.SAMPLE)]
    blocked = Digest.objects.blocked([mine, *others])
    assert blocked == ({mine.pk} if waits else set())


def test_of_two_in_one_batch_the_later_waits() -> None:
    ada = factories.subscriber()
    first, second = planned(ada, DAY - timedelta(days=1)), planned(ada)
    assert Digest.objects.blocked([second, first]) == {second.pk}

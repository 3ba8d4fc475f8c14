"""A preprint and its journal version: who was sent one hears of the other, who was sent neither
gets the paper once.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from digest.ingest.formats import Record
from digest.ingest.papers.split import split
from digest.mail.outbox import OutboxTransport, mails
from digest.models import Catalogue, Digest, DigestContents, DigestFacts, FollowUp, Listing, Paper
from digest.sending import batch, planning
from digest.sending.drain import drain
from subscriptions.models import Subscriber
from tests.ingest.formats.listing_pages import store_records
from tests.ingest.papers.known_records import preprint, published
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import LONG_AGO, earlier, entry, found

pytestmark = pytest.mark.django_db
TEXT = {"abstract": "We read rivers."}


@pytest.fixture
def ada() -> Subscriber:
    return reader("ada")


def reader(name: str, **fields: Any) -> Subscriber:
    return factories.subscriber(
        f"{name}@example.org", "rivers", **({"confirmed_at": LONG_AGO} | fields)
    )


def sent(person: Subscriber, days: int, *, marked: bool = True) -> DigestContents:
    """The digest of that many days ago with what it would hold now, which arrived. `marked`: it
    says up to which change of the papers it reported follow-ups.
    """
    held = found(person)
    if not marked:
        held = replace(held, facts=DigestFacts())
    earlier(person, days, entries=held.entries, follow_ups=held.follow_ups, facts=held.facts,
            from_seq=held.after, to_seq=held.through)  # fmt: skip
    Subscriber.objects.filter(pk=person.pk).update(confirmed_through_seq=held.through)
    person.refresh_from_db()
    return held


def next_of(person: Subscriber) -> tuple[list[int], list[tuple[int, str]]]:
    """The papers, and the follow-ups, of the next digest."""
    held = found(person)
    return (
        [each.paper for each in held.entries],
        [(each.paper, each.fact) for each in held.follow_ups],
    )


def store(*records: Record) -> None:
    for record in records:
        store_records(f"{record.doi}{record.arxiv_id}", replace(record, **TEXT))


@pytest.mark.parametrize(
    ("first", "second", "fact"),
    [
        (preprint(), published(), "published"),
        (published(), preprint(), "preprint"),
        (preprint(doi="10.64898/2026.11.01.700001"), published(), "published"),
        (published(), preprint(doi="10.64898/2026.11.01.700001"), "preprint"),
    ],
)
def test_who_was_sent_one_hears_of_the_other(
    ada: Subscriber, first: Record, second: Record, fact: str
) -> None:
    bob, carl = reader("bob", follow_ups=False), reader("carl")
    store(first)
    paper = Paper.objects.get()
    for person in (ada, bob):
        assert [each.paper for each in sent(person, 3).entries] == [paper.pk]
    # Carl's keyword was not there yet.
    Subscriber.objects.filter(pk=carl.pk).update(confirmed_through_seq=1)
    carl.refresh_from_db()
    store(second)
    assert next_of(ada) == ([], [(paper.pk, fact)])
    assert next_of(bob) == ([], [])
    assert next_of(carl) == ([paper.pk], [])
    for person in (ada, bob, carl):
        sent(person, 1)
        store(second)
        assert next_of(person) == ([], [])


@pytest.mark.parametrize("marked", [True, False])
def test_two_numbered_papers_that_prove_to_be_one(ada: Subscriber, marked: bool) -> None:
    """Ada was sent the preprint, Bob the other, Carl both, and Dora neither."""
    bob, carl, dora = map(reader, ("bob", "carl", "dora"))
    store(preprint(authors=()))
    first = Paper.objects.get()
    sent(ada, 5, marked=marked)
    sent(carl, 5, marked=marked)
    Subscriber.objects.filter(pk=bob.pk).update(confirmed_through_seq=1)
    bob.refresh_from_db()
    store(published())
    second = Paper.objects.exclude(pk=first.pk).get()
    assert [each.paper for each in sent(bob, 4, marked=marked).entries] == [second.pk]
    assert [each.paper for each in sent(carl, 4, marked=marked).entries] == [second.pk]
    Subscriber.objects.filter(pk__in=[ada.pk, dora.pk]).update(confirmed_through_seq=2)
    ada.refresh_from_db()
    dora.refresh_from_db()
    store(preprint())
    assert Paper.objects.get().pk == first.pk
    assert next_of(ada) == ([], [(first.pk, "published")])
    assert next_of(bob) == ([], [(first.pk, "preprint")])
    assert next_of(carl) == ([], [])
    assert next_of(dora) == ([first.pk], [])


def test_an_operator_parts_them_again(ada: Subscriber) -> None:
    """Who was sent the journal's version before is not sent it again; others never had it."""
    bob = reader("bob")
    store(preprint(authors=()))
    sent(ada, 5)
    Subscriber.objects.filter(pk=bob.pk).update(confirmed_through_seq=1)
    bob.refresh_from_db()
    store(published())
    sent(bob, 4)
    store(preprint())
    for person in (ada, bob):
        sent(person, 1)
    other = split(Paper.objects.get(), [Listing.objects.get(doi="10.1000/gauge").pk])
    assert other.seq == Catalogue.current().newest_seq
    assert next_of(bob) == ([], [])
    assert next_of(ada) == ([other.pk], [])


@pytest.mark.parametrize("printed", [True, False])
def test_a_join_between_freezing_and_writing(
    ada: Subscriber, printed: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A mail prints what is left of it; what it did not print is in the next."""
    store(preprint(authors=()))
    store(published())
    first, second = Paper.objects.order_by("pk")
    after = 0 if printed else 1
    Subscriber.objects.filter(pk=ada.pk).update(confirmed_through_seq=after)
    load = batch.load_batch_data

    def join_first(digests: Iterable[Digest], *args: Any) -> Any:
        store(preprint())
        return load(digests, *args)

    monkeypatch.setattr(batch, "load_batch_data", join_first)
    planning.plan(MORNING)
    drain(OutboxTransport(tmp_path), lambda: MORNING)
    assert len(mails(tmp_path)) == printed
    ada.refresh_from_db()
    assert Paper.objects.get().pk == first.pk
    assert next_of(ada)[0] == ([] if printed else [first.pk])
    assert second.pk in Paper.objects.get().former


def test_an_entry_of_before_says_nothing_of_versions(ada: Subscriber) -> None:
    store(preprint())
    paper = Paper.objects.get()
    earlier(ada, 8, entries=[entry(paper.pk, "rivers", code=False, comments=0)])
    ada.confirmed_through_seq = 9
    ada.save()
    store(published())
    assert next_of(ada) == ([], [])


def test_a_version_is_told_before_code(ada: Subscriber) -> None:
    store(preprint())
    sent(ada, 3)
    store(published(code_url="https://example.org/code", comment_count=60))
    held = found(ada)
    assert [each.fact for each in held.follow_ups] == ["published"]
    earlier(ada, 2, follow_ups=held.follow_ups, facts=held.facts)
    assert [each.fact for each in found(ada).follow_ups] == ["code"]


def test_a_follow_up_reads_back_what_it_wrote() -> None:
    for fact in ("published", "preprint"):
        given = FollowUp(7, fact, MORNING.date())
        assert FollowUp.from_json(given.to_json()) == given
    for versions in (None, "preprint", "both"):
        given_entry = entry(7, "rivers", code=False, comments=0, versions=versions)
        assert type(given_entry).from_json(given_entry.to_json()) == given_entry

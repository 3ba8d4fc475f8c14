"""Dumps in any order, some of them withdrawn at any time, give the papers of the others."""

from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.corpus.corpus_counts import count_missing_papers
from digest.ingest.withdrawal import withdraw as withdrawal
from digest.ingest.withdrawal.withdraw import withdraw
from digest.models import Digest, DigestEntry, Listing, Paper, SearchDocument, WordCount
from tests.ingest.formats.listing_pages import AT, make_dump, paper_values, store_records
from tests.ingest.papers.test_order import DUMPS
from tests.support import factories


def store(dumps: list[Any], number: int) -> None:
    records, listed_on, intent = dumps[number]
    store_records(f"dump {number}", *records, listed_on=listed_on, intent=intent)


def papers_after(dumps: list[Any], steps: list[tuple[str, int]], sent: bool = False) -> Any:
    """The papers that are listed, and what is counted of them, after these steps."""
    with transaction.atomic():
        count_missing_papers()  # from now on, words are counted
        person = factories.subscriber()
        for day, (step, number) in enumerate(steps):
            if step == "store":
                store(dumps, number)
            else:
                withdraw(make_dump(f"dump {number}"), AT)
            if sent:  # every other paper, each time
                pks = list(Paper.objects.values_list("pk", flat=True))[::2]
                send(person, day, pks)
            check()
        found = [each for each in paper_values() if each["unlisted_on"] is None]
        words = sorted(WordCount.objects.values_list("word", "papers"))
        transaction.set_rollback(True)
    return found, words


def send(person: Any, day: int, pks: list[int]) -> None:
    Digest.objects.create(
        subscriber=person,
        local_date=AT.date().replace(day=day + 1, month=12),
        not_before=AT,
        expires_at=AT,
        state="sent",
        entries=[DigestEntry(pk) for pk in pks],
    )


def check() -> None:
    assert not Paper.objects.filter(listings=None).exists()
    listed = Paper.objects.listed()
    assert not listed.filter(listings__dump__withdrawn_at__isnull=False).exists()
    dead = Listing.objects.filter(dump__withdrawn_at__isnull=False)
    assert set(dead.values_list("paper", flat=True)) == set(
        Paper.objects.filter(unlisted_on__isnull=False).values_list("pk", flat=True)
    )
    assert set(SearchDocument.objects.values_list("paper", flat=True)) == set(
        listed.values_list("pk", flat=True)
    )


@st.composite
def histories(draw: st.DrawFn, dumps: list[Any]) -> tuple[list[int], list[tuple[str, int]]]:
    """Which dumps are left, and steps that end with those: each dump is stored, and each of the
    others withdrawn at some time after."""
    left = [number for number in range(len(dumps)) if draw(st.booleans())]
    steps = [("store", number) for number in draw(st.permutations(range(len(dumps))))]
    for number in range(len(dumps)):
        if number not in left:
            after = steps.index(("store", number)) + 1
            steps.insert(draw(st.integers(after, len(steps))), ("withdraw", number))
    return left, steps


def leave_no_trace(dumps: list[Any], data: st.DataObject) -> None:
    left, steps = data.draw(histories(dumps))
    with mock.patch.object(withdrawal, "_BATCH", data.draw(st.integers(1, 3))):
        found = papers_after(dumps, steps, data.draw(st.booleans()))
    expected = papers_after(dumps, [("store", number) for number in left])
    assert found == expected


@pytest.mark.django_db
@settings(max_examples=4, deadline=None)
@given(DUMPS, st.data())
def test_withdrawn_dumps_leave_no_trace(dumps: list[Any], data: st.DataObject) -> None:
    leave_no_trace(dumps, data)


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(DUMPS, st.data())
def test_many_withdrawn_dumps_leave_no_trace(dumps: list[Any], data: st.DataObject) -> None:
    leave_no_trace(dumps, data)

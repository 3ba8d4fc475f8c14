"""What composing needs is loaded for a batch: the papers that mails show, not all that match."""

from datetime import date

import pytest

from digest.models import Digest, Paper
from digest.rendering.digest_message import compose_digest, load_batch_data
from tests.support import factories
from tests.support.caches import forget
from tests.support.mails import digest_of, shelf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_the_morning")]


@pytest.fixture
def digest() -> Digest:
    """A digest of nine papers, of which the mail shows three."""
    shelf(9)
    made = digest_of(factories.subscriber("ada@example.org", "robot", max_papers=3))
    assert len(made.entries) > 6
    forget()
    return made


def test_only_shown_papers_are_loaded(digest: Digest) -> None:
    data = load_batch_data([digest])
    ids = {entry.paper for entry in digest.entries}
    assert data.papers.keys() == {entry.paper for entry in digest.entries[:3]}
    assert data.existing == data.listed == ids
    assert compose_digest(digest, data) == compose_digest(digest)


def test_unlisted_papers_are_known_whether_shown_or_not(digest: Digest) -> None:
    first, last = digest.entries[0].paper, digest.entries[-1].paper
    Paper.objects.filter(pk__in=[first, last]).update(unlisted_on=date(2026, 11, 22))
    data = load_batch_data([digest])
    assert data.existing - data.listed == {first, last}


def test_another_is_shown_in_place_of_a_deleted_one(digest: Digest) -> None:
    Paper.objects.filter(pk=digest.entries[0].paper).delete()
    data = load_batch_data([digest])
    assert len(data.existing) == len(digest.entries) - 1
    assert {entry.paper for entry in digest.entries[1:4]} <= data.papers.keys()
    forget()
    assert compose_digest(digest, data) == compose_digest(digest)

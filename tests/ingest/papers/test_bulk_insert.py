"""Rows inserted at once are those that bulk_create() inserts, on both databases."""

from datetime import date

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from digest.ingest.papers.bulk_insert import bulk_insert
from digest.models import Listing, Paper
from tests.ingest.formats.listing_pages import make_dump

pytestmark = pytest.mark.django_db


def papers() -> list[Paper]:
    """Return papers whose fields are empty, usual, and hard to write into a statement."""
    hard = 'a\tb\\N\n"é" 𝒳 %s \\. {x}'
    return [
        Paper(title="Plain", url="https://example.org/1"),
        Paper(
            title=hard,
            title_key="hard",
            abstract=hard,
            authors=[hard, "\ttab"],
            keywords=["{}", "\\"],
            url="https://example.org/2",
            arxiv_id="2501.00001",
            published_on=date(1999, 12, 31),
            published_precision="month",
            upvotes=0,
            seq=7,
            renumbered=True,
            former=[1, 2],
        ),
    ]


def stored() -> list[dict[str, object]]:
    return [
        {name: value for name, value in row.items() if name != "id"}
        for row in Paper.objects.order_by("pk").values()
    ]


def test_the_same_rows_as_bulk_create() -> None:
    Paper.objects.bulk_create(papers())
    expected = stored()
    Paper.objects.all().delete()
    bulk_insert(papers())
    assert stored() == expected


def test_ids_go_on_after_those_that_were_given() -> None:
    bulk_insert([])
    first = papers()
    bulk_insert(first)
    assert list(Paper.objects.order_by("pk")) == first
    assert [paper._state.adding for paper in first] == [False, False]
    Paper.objects.all().delete()  # no id is given twice
    later = Paper.objects.create(title="Created", url="https://example.org/3")
    second = [Paper(title="Inserted", url="https://example.org/4")]
    bulk_insert(second)
    last = Paper.objects.create(title="Last", url="https://example.org/5")
    assert first[-1].pk < later.pk < second[0].pk < last.pk


def test_listings_point_to_their_papers() -> None:
    found, dump = papers(), make_dump("a")
    bulk_insert(found)
    bulk_insert([Listing(paper=each, dump=dump, position=at, title_key="x", record={"title": "é"})
            for at, each in enumerate(found, 1)])  # fmt: skip
    assert [each.paper for each in Listing.objects.order_by("position")] == found
    assert Listing.objects.filter(record__title="é").count() == 2


def test_what_the_database_refuses() -> None:
    first, second = papers()
    second.title = ""
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk_insert([first, second])
    assert not Paper.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite holds NUL characters")
def test_what_postgresql_refuses() -> None:
    with pytest.raises((DataError, ValueError)), transaction.atomic():
        bulk_insert([Paper(title="a\x00b", url="https://example.org/1")])

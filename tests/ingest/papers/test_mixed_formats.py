"""The same papers in several formats, in any order, any number of times: the same papers."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from digest.ingest.formats import FORMATS
from digest.ingest.pipeline import read, receive
from digest.models import Paper
from tests.ingest.formats.listing_pages import AT, full_entry, page, paper_values, snapshot_line

NAMES = [f"Gauges of number {number}" for number in range(5)]


def hf_text(papers: list[int], day: int) -> bytes:
    return page(
        *(full_entry(NAMES[number], authors=number + 1) for number in papers), day=f"Nov {day}"
    )


def hf_json(papers: list[int], day: int) -> bytes:
    entries = [
        {
            "paper": {
                "id": f"1501.{number:05}",
                "title": NAMES[number],
                "summary": f"We read gauge {number} and say what it showed.",
                "authors": [{"name": "Ada Author"}, {"name": "Ben Berg"}],
                "publishedAt": "2025-01-02T00:00:00.000Z",
                "upvotes": day,
            },
            "publishedAt": f"2026-11-{day:02}T00:00:00.000Z",
            "title": NAMES[number],
            "numComments": day,
        }
        for number in papers
    ]
    return json.dumps(entries).encode()


def arxiv_jsonl(papers: list[int], day: int) -> bytes:
    return b"".join(snapshot_line(number, comments=f"{day} pages") for number in papers)


WRITERS = {writer.__name__: writer for writer in (hf_text, hf_json, arxiv_jsonl)}
DUMPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(WRITERS)),
        st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True),
        st.integers(1, 20),
    ),
    min_size=1,
    max_size=4,
)


def papers_after(dumps: list[Any], order: list[int]) -> list[dict[str, Any]]:
    with transaction.atomic():
        for turn, number in enumerate(order):
            writer, papers, day = dumps[number]
            data = WRITERS[writer](papers, day)
            dump = receive(data, "dump", at=AT + timedelta(hours=turn))
            dump = read(dump, at=AT)
            assert (dump.state, dump.format) == ("parsed", writer), dump.error
        found = paper_values()
        assert Paper.objects.count() == len({n for _, papers, _ in dumps for n in papers})
        transaction.set_rollback(True)
    return found


def test_every_writer_is_a_format() -> None:
    assert set(WRITERS) <= set(FORMATS)


@pytest.mark.django_db
@hypothesis_settings(max_examples=10, deadline=None)
@given(DUMPS, st.data())
def test_any_order_any_number_of_times(dumps: list[Any], data: st.DataObject) -> None:
    first = list(range(len(dumps)))
    again = data.draw(st.lists(st.sampled_from(first), max_size=3))
    other = data.draw(st.permutations(first + again))
    assert papers_after(dumps, first) == papers_after(dumps, other)

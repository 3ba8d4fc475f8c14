"""What `papers --json` prints comes back as the same papers; so does a real file."""

import gzip
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from digest.ingest.formats import FORMATS, Record, detect
from digest.ingest.formats.text.markup import plain_text
from digest.ingest.pipeline import read, receive
from digest.models import Dump, Listing, Paper
from tests.ingest.interchange_paper import RECORD

from .listing_pages import AT, RECEIVED, full_entry, page, paper_values, store_records


@pytest.mark.django_db
class TestThereAndBack:
    @pytest.fixture(autouse=True)
    def folder(self, settings: Any, tmp_path: Path) -> None:
        settings.DUMPS_DIR = tmp_path

    def exported(self) -> bytes:
        out = io.StringIO()
        call_command("papers", "--json", stdout=out)
        return out.getvalue().encode()

    def test_the_same_papers(self) -> None:
        store_records("one", RECORD, Record(title="Short"), listed_on=date(2026, 11, 20))
        read(receive(page(full_entry("From a page")), "page.txt", at=AT), at=AT)
        before, data = paper_values(), self.exported()
        Listing.objects.all().delete()
        Paper.objects.all().delete()
        Dump.objects.all().delete()
        dump = read(receive(data, "papers.jsonl", at=AT), at=AT)
        assert (dump.state, dump.format, dump.new) == ("parsed", "jsonl", 3)
        assert paper_values() == before

    def test_into_the_same_catalogue_nothing_changes(self) -> None:
        store_records("one", RECORD, Record(title="Short"), listed_on=date(2026, 11, 20))
        before = paper_values()
        dump = read(receive(self.exported(), "papers.jsonl", at=AT), at=AT)
        assert (dump.new, dump.updated, dump.unchanged) == (0, 0, 2)
        assert paper_values() == before


@pytest.mark.slow
@pytest.mark.samples
def test_a_real_file(samples: Path) -> None:
    path = samples / "hf_papers_2024_2025.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no {path.name}")
    data = gzip.decompress(path.read_bytes())
    assert detect(data) == "jsonl"
    expected = [json.loads(line) for line in data.splitlines()]
    found = FORMATS["jsonl"](data, RECEIVED, None)
    assert found.skipped == ()
    for record, each in zip(found.records, expected, strict=True):
        assert record.title == " ".join(each["title"].split())
        abstract = plain_text(each["abstract"] or "", is_html=False)
        assert "".join(record.abstract.split()) == "".join(abstract.split())
        assert record.arxiv_id == each["id"]
        assert record.published_on == date.fromisoformat(each["published_on"])
        assert (record.upvotes, record.comment_count) == (each["upvotes"], each["comments"])
        assert list(record.authors) == list(
            dict.fromkeys(" ".join(a.split()) for a in each["authors"])
        )

"""Real answers, feeds and mails, if there are any, against independent readers."""

import json
import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from lxml import etree

from digest.ingest.formats import FORMATS, BadDump, Page, Record, detect
from digest.ingest.formats.text.mojibake import repaired

from .damaged_bytes import assert_survives

pytestmark = pytest.mark.samples
RECEIVED = date(2026, 11, 21)
A, X = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"


def parsed(path: Path, name: str) -> Page:
    data = path.read_bytes()
    assert detect(data) == name
    return FORMATS[name](data, RECEIVED, None)


def flat(text: str | None) -> str:
    # Some abstracts hold “Î±” for “α”, as the arXiv itself has them.
    return repaired(re.sub(r"\s+", " ", text or "").strip())


def bare(address: str) -> str:
    return re.sub(r"v\d+$", "", address.rpartition("/abs/")[2])


def test_atom(samples: Path) -> None:
    counts = {}
    for path in sorted((samples / "arxiv_atom").glob("*.xml")):
        root = etree.parse(path).getroot()
        if "id_abc" in path.name:
            with pytest.raises(BadDump, match="incorrect id format for abc"):
                parsed(path, "arxiv_atom")
            continue
        read = parsed(path, "arxiv_atom")
        entries = root.findall(f"{A}entry")
        assert (read.listed_on, read.skipped) == (date(2026, 4, 12), ())
        assert len(read.records) == len(entries)
        for record, entry in zip(read.records, entries, strict=True):
            assert_same_as_atom(record, entry)
        counts[path.name[:9]] = counts.get(path.name[:9], 0) + len(entries)
    assert sum(counts.values()) == 57


def assert_same_as_atom(record: Record, entry: etree._Element) -> None:
    assert record.arxiv_id == bare(entry.findtext(f"{A}id"))
    assert record.title == flat(entry.findtext(f"{A}title"))
    assert flat(record.abstract) == flat(entry.findtext(f"{A}summary"))
    assert list(record.authors) == [flat(name.text) for name in entry.iter(f"{A}name")]
    assert record.doi == (entry.findtext(f"{X}doi") or "").lower()
    assert str(record.published_on) == entry.findtext(f"{A}published")[:10]
    assert record.categories[0] == entry.find(f"{X}primary_category").get("term")
    terms = {category.get("term") for category in entry.iter(f"{A}category")}
    assert set(record.categories) == {term for term in terms if re.match(r"[a-z-]+(\.|$)", term)}
    assert record.withdrawn_on is None


def test_the_arxivs_feed(samples: Path) -> None:
    (path,) = (samples / "arxiv_feed").iterdir()
    read = parsed(path, "feed")
    entries = etree.parse(path).getroot().findall(f"{A}entry")
    assert (read.listed_on, read.skipped, len(entries)) == (date(2025, 8, 20), (), 7)
    for record, entry in zip(read.records, entries, strict=True):
        kind = entry.findtext(f"{X}announce_type")
        assert record.arxiv_id == entry.find(f"{A}link").get("href").rpartition("/")[2]
        assert record.title == flat(entry.findtext(f"{A}title"))
        assert record.abstract == flat(entry.findtext(f"{A}summary").partition("Abstract:")[2])
        assert record.published_on == (date(2025, 8, 20) if kind == "new" else None)
        assert record.categories == tuple(each.get("term") for each in entry.iter(f"{A}category"))
        assert len(record.authors) == 1 + entry.findtext("{*}creator").count(",")
    assert "Paulo André Lima de Castro" in {name for each in read.records for name in each.authors}


def test_the_labelled_feed(samples: Path) -> None:
    (path,) = (samples / "hf_rss").iterdir()
    read = parsed(path, "feed")
    items = etree.parse(path).getroot().findall("channel/item")
    assert (read.listed_on, read.skipped, len(items)) == (date(2026, 8, 8), (), 30)
    for record, item in zip(read.records, items, strict=True):
        text = item.findtext("description")
        fields = dict(re.findall(r"<p><b>(\w+):</b> (.*?)</p>", text, re.DOTALL))
        assert record.title == flat(item.findtext("title"))
        assert record.arxiv_id == item.findtext("link").rpartition("/")[2]
        assert flat(record.abstract) == flat(unescape(fields["Summary"]))
        assert ", ".join(record.authors) == flat(unescape(fields["Authors"]))
        assert record.upvotes == int(fields["Upvotes"])


def test_oai(samples: Path) -> None:
    folder = samples / "arxiv_oai"
    assert parsed(folder / "noRecordsMatch.xml", "arxiv_oai").records == ()
    (sample,) = parsed(folder / "ListRecords.xml", "arxiv_oai").records
    assert (sample.title, sample.authors) == ("Sample Title", ("John Doe",) * 4)
    path = folder / "arxiv-physics-hep-ex.xml"
    read = parsed(path, "arxiv_oai")
    assert (read.listed_on, read.skipped) == (date(2017, 12, 14), ())
    text = path.read_text()
    for record, part in zip(read.records, text.split("<record>")[1:], strict=True):
        fields = dict(re.findall(r"<([\w-]+)>([^<]*)</\1>", part))
        lasts, firsts = (re.findall(f"<{tag}>(.*?)<", part) for tag in ("keyname", "forenames"))
        assert record.arxiv_id == fields["id"]
        assert record.title == flat(unescape(fields["title"]))
        assert flat(record.abstract) == flat(unescape(fields["abstract"]))
        assert record.categories == tuple(fields["categories"].split())
        assert record.doi == fields.get("doi", "").lower()
        assert str(record.published_on) == fields["created"]
        assert record.authors == tuple(f"{a} {b}" for a, b in zip(firsts, lasts, strict=True))


def test_jsonl(samples: Path) -> None:
    (path,) = (samples / "arxiv_jsonl").iterdir()
    read = parsed(path, "arxiv_jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert (len(read.records), read.skipped) == (100, ())
    for record, row in zip(read.records, rows, strict=True):
        assert record.arxiv_id == row["id"]
        assert record.title == flat(row["title"])
        assert flat(record.abstract) == flat(row["abstract"])
        assert record.doi == (row["doi"] or "").split(" ")[0].lower()
        assert record.categories == tuple(row["categories"].split())
        assert len(record.authors) == len(row["authors_parsed"])
        assert record.published_on is not None


def test_the_mail(samples: Path) -> None:
    (path,) = (samples / "arxiv_mail").iterdir()
    read = parsed(path, "arxiv_mail")
    assert read.listed_on == date(2023, 6, 9)
    assert [skipped.entry for skipped in read.skipped] == ["Paper on improving ArXiv operations"]
    (record,) = read.records
    assert record.title == "Fake Paper of non amenable groups"
    assert record.arxiv_id == "2306.77777"
    assert record.authors == ("Ben Hayes", "Srivatsav Kunnawalkam Elayavalli")
    assert record.abstract.endswith("generalizes the Elek-Szabo uniqueness theorem for sofic approximations.")  # fmt: skip # noqa: E501


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["arxiv_feed/*.xml", "arxiv_mail/*", "arxiv_oai/arxiv-*", "arxiv_atom/id_1707*", "hf_rss/*"],
)
def test_much_damage(samples: Path, name: str) -> None:
    (path,) = samples.glob(name)
    data = path.read_bytes()
    assert_survives(detect(data), data, thorough=len(data) < 10_000)

"""Which format bytes are: each fixture and each real sample is exactly one."""

import importlib
import inspect
from pathlib import Path

import pytest

from digest.ingest import formats
from digest.ingest.formats import FORMATS, BadDump, detect
from digest.ingest.pipeline import read, receive
from digest.models import Paper

from .listing_pages import AT

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
FILES = sorted(p for name in FORMATS for p in (FIXTURES / name).glob("*") if p.is_file())
SAMPLES = {
    "arxiv_atom": "arxiv_atom",
    "arxiv_feed": "feed",
    "arxiv_jsonl": "arxiv_jsonl",
    "arxiv_mail": "arxiv_mail",
    "arxiv_oai": "arxiv_oai",
    "dumps": "hf_text",
    "hf_html": "hf_html",
    "hf_json": "hf_json",
    "hf_rss": "feed",
}
# The first is a kind of the second, and is asked first.
KINDS_OF = {"arxiv_atom": {"feed"}, "zotero_rdf": {"feed"}, "citation_page": {"hf_html"}}


def recognised_as(data: bytes) -> set[str]:
    """Return the formats that recognise the bytes, without the general ones behind them."""
    found = {name for name in FORMATS if formats._module(name).looks_like(data)}
    return found - {general for name in found for general in KINDS_OF.get(name, ())}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_fixture_is_its_folders_format_only(path: Path) -> None:
    data = path.read_bytes()
    assert recognised_as(data) == {path.parent.name}
    assert detect(data) == path.parent.name


@pytest.mark.samples
@pytest.mark.parametrize("folder", sorted(SAMPLES))
def test_a_sample_is_one_format_only(folder: str, samples: Path) -> None:
    paths = sorted((samples / folder).iterdir())
    assert paths
    for path in paths:
        data = path.read_bytes()
        assert (recognised_as(data), detect(data)) == ({SAMPLES[folder]}, SAMPLES[folder]), (
            path.name
        )


@pytest.mark.parametrize("data", [b"{", b"[", b"{}", b"[null]", b"<", b"\xff\xfe", b"0"])
def test_bytes_of_no_format(data: bytes) -> None:
    assert recognised_as(data) <= {"hf_text"}


@pytest.mark.parametrize("data", [b"", b" \n"])
def test_nothing_at_all(data: bytes) -> None:
    with pytest.raises(BadDump, match="empty"):
        detect(data)


def test_every_module_has_the_name_of_its_format() -> None:
    assert len(set(FORMATS)) == len(FORMATS)
    assert [formats._module(name).NAME for name in FORMATS] == list(FORMATS)
    assert "parchment" not in FORMATS


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "papers"),
    [
        ("biorxiv/day.json", 3),
        ("biorxiv/no_posts.json", 0),
        ("openalex/works.json", 4),
        ("semantic_scholar/search.json", 3),
        ("pubmed/set.xml", 4),
    ],
)
def test_stored(path: str, papers: int) -> None:
    taken = read(receive((FIXTURES / path).read_bytes(), path, at=AT), at=AT)
    assert (taken.state, taken.format, taken.error) == ("parsed", path.partition("/")[0], "")
    assert taken.new == Paper.objects.count() == papers


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_the_same_shape(name: str) -> None:
    module = importlib.import_module(f"digest.ingest.formats.{name}")
    assert name == module.NAME
    assert list(inspect.signature(module.looks_like).parameters) == ["data"]
    assert list(inspect.signature(module.parse).parameters) == ["data", "received_on", "listed_on"]

"""Answers in several pages: the address of the next, and joining them into one dump."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.sources.errors import CannotFetch
from digest.ingest.sources.paging import MAX_PAGES, FetchedPage

from .page_walks import joined, walk_at, walked

OAI = "https://oai.example.org/oai?verb=ListRecords&set=cs&from={date}&until={date}"


def oai(records: list[str], token: str = "") -> bytes:
    inner = "".join(f"<record><metadata>{each}</metadata></record>" for each in records)
    last = f'<resumptionToken cursor="0">{token}</resumptionToken>' if token else ""
    return (
        '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<ListRecords>{inner}{last}</ListRecords></OAI-PMH>"
    ).encode()


def test_an_address_without_pages_is_asked_once() -> None:
    asked, _ = walked("https://a.example/{date}.xml", lambda address: b"[1, 2]")
    assert asked == ["https://a.example/2026-11-20.xml"]


@given(st.integers(0, 200), st.integers(1, 60))
def test_no_paper_is_left_behind(papers: int, size: int) -> None:
    limit = max(size, papers // 50 + 1)

    def serve(address: str) -> bytes:
        page = int(address.rsplit("=", 1)[1])
        return json.dumps(list(range(papers))[page * limit : (page + 1) * limit]).encode()

    _, walk = walked(f"https://a.example/?limit={limit}&p={{page}}", serve)
    assert json.loads(walk.joined()) == list(range(papers))


def test_by_offset() -> None:
    def serve(address: str) -> bytes:
        start = int(address.rsplit("/", 1)[1])
        found = [{"doi": number} for number in range(start, min(start + 30, 70))]
        return json.dumps({"messages": [{"count": len(found)}], "collection": found}).encode()

    asked, walk = walked("https://a.example/{date}/{offset}", serve)
    assert [each.rsplit("/", 1)[1] for each in asked] == ["0", "30", "60", "70"]
    assert [each["doi"] for each in json.loads(walk.joined())["collection"]] == list(range(70))


def test_a_server_that_always_says_the_same() -> None:
    asked, walk = walked("https://a.example/?p={page}", lambda address: b"[1]")
    assert (len(asked), walk.joined()) == (2, b"[1]")
    with pytest.raises(CannotFetch, match="more than 60 pages"):
        walked("https://a.example/?p={page}", lambda address: f"[{len(address)}, {address[-9:]!r}]"
             .replace("'", '"').encode())  # fmt: skip
    assert MAX_PAGES == 60


@pytest.mark.parametrize(
    "body", [b"<h1>log in</h1>", b"", b"[", b"{}", b'{"error": "no"}', b"\xff", b"[" * 99999]
)
def test_what_is_no_list_is_one_page(body: bytes) -> None:
    asked, walk = walked("https://a.example/?p={page}", lambda address: body)
    assert (len(asked), walk.joined()) == (1, body)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b"[1]", b'{"a": [1]}'),
        (b"[1]", b"<h1>busy</h1>"),
        (b"[1]", b'{"error": "busy"}'),
        (b'{"collection": [1]}', b'{"messages": ["busy"]}'),
        (b'{"collection": [1]}', b"[]"),
        (oai(["a"], "t"), b"<html>"),
        (oai(["a"], "t"), b'<OAI-PMH><error code="badResumptionToken"/></OAI-PMH>'),
    ],
)
def test_pages_that_do_not_go_together(first: bytes, second: bytes) -> None:
    with pytest.raises(CannotFetch, match="page 2") as caught:
        joined([first, second])
    assert caught.value.refused


def test_resumption_tokens_are_followed_and_leave_no_trace() -> None:
    served = iter([oai(["a", "b"], "x|1&amp;y"), oai(["c"], "x|2"), oai(["d"])])
    asked, walk = walked(OAI, lambda address: next(served))
    assert asked[1:] == [
        "https://oai.example.org/oai?verb=ListRecords&resumptionToken=x%7C1%26y",
        "https://oai.example.org/oai?verb=ListRecords&resumptionToken=x%7C2",
    ]
    whole = walk.joined()
    assert [whole.count(f">{each}<".encode()) for each in "abcd"] == [1, 1, 1, 1]
    assert b"resumptionToken" not in whole


def test_entities_are_not_read() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "OAI-PMH resumptionToken">]><OAI-PMH>&b;</OAI-PMH>'
    assert [page.body for page in walked(OAI, lambda address: bomb)[1].pages] == [bomb]


@pytest.mark.parametrize(
    ("body", "empty"), [(b"[]", 1), (b" [ ]\n", 1), (b"[1]", 0), (b"{}", 0), (b"", 0)]
)
def test_a_day_without_papers(body: bytes, empty: bool) -> None:
    walk = walk_at("https://a.example/")
    walk.add(FetchedPage(body))
    assert walk.is_empty() == empty

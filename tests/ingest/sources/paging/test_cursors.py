"""Answers that say how to go on: by a cursor in the body, in a header, or by the next address."""

import contextlib
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.sources.errors import CannotFetch
from digest.ingest.sources.paging import MAX_PAGES, FetchedPage

from .page_walks import walk_at, walked

SEARCH = "https://a.example/works?cursor={cursor:*}"


def page(papers: list[int], cursor: object = None) -> bytes:
    return json.dumps({"message": {"items": papers, "next": cursor, "facets": [1, 2, 3]}}).encode()


def by_cursor(*pages: bytes) -> tuple[list[str], bytes]:
    served = iter(pages)
    asked, walk = walked(SEARCH, lambda address: next(served), "message.items", "message.next")
    return [each.partition("=")[2] for each in asked], walk.joined()


def test_a_cursor_is_followed_to_its_end_and_the_lists_are_joined() -> None:
    asked, whole = by_cursor(page([1, 2], "a/1"), page([3], "b"), page([4]))
    assert asked == ["*", "a%2F1", "b"]
    assert json.loads(whole)["message"]["items"] == [1, 2, 3, 4]


def test_one_that_stays_the_same_is_followed_until_a_page_is_empty() -> None:
    asked, whole = by_cursor(page([1], "same"), page([2], "same"), page([], "same"))
    assert (asked, json.loads(whole)["message"]["items"]) == (["*", "same", "same"], [1, 2])


def test_a_number_is_a_cursor_too() -> None:
    asked, _ = by_cursor(page([1], 0), page([2], 17), page([3], True))
    assert asked == ["*", "0", "17"]


def test_an_empty_day_is_asked_once() -> None:
    served = walk_at(SEARCH, "message.items", "message.next")
    served.add(FetchedPage(page([], "a")))
    assert served.next_address() is None
    assert served.is_empty()


@pytest.mark.parametrize("body", [b"<h1>busy</h1>", b"", b"[]", b'{"error": "no"}', b"\xff", b"{"])
def test_what_has_no_list_is_one_page_and_not_an_empty_day(body: bytes) -> None:
    asked, walk = walked(SEARCH, lambda address: body, "message.items", "message.next")
    assert (len(asked), walk.is_empty(), walk.joined()) == (1, False, body)


def test_a_cursor_that_leads_in_circles() -> None:
    with pytest.raises(CannotFetch, match="page 2 repeats an earlier one"):
        by_cursor(page([1], "a"), page([1], "a"))


def test_pages_end() -> None:
    with pytest.raises(CannotFetch, match=f"more than {MAX_PAGES} pages"):
        by_cursor(*(page([number], str(number)) for number in range(MAX_PAGES + 1)))


def test_a_cursor_without_end() -> None:
    with pytest.raises(CannotFetch, match="5,000 characters"):
        by_cursor(page([1], "x" * 5000))


def test_an_address_that_has_no_place_for_the_cursor() -> None:
    with pytest.raises(CannotFetch, match=r"no \{cursor\}"):
        walked(
            "https://a.example/works",
            lambda address: page([1], "a"),
            "message.items",
            "message.next",
        )


def test_pages_that_do_not_go_together() -> None:
    with pytest.raises(CannotFetch, match="page 2"):
        by_cursor(page([1], "a"), b'{"status": "busy"}')


class TestHeaders:
    def link(self, *headers: str) -> list[str]:
        served = iter([FetchedPage(page([number]), each) for number, each in enumerate(headers)])
        address = "https://a.example/v1/works?q=x"
        return walked(address, lambda address: next(served), "message.items", "header:Link")[0]

    @pytest.mark.parametrize(
        "header",
        [
            '<https://a.example/v1/2>; rel="next"',
            "</v1/2>;rel=next",
            '<https://a.example/v1/9>; rel="last", <https://a.example/v1/2>; rel="prefetch next"',
            '<2>; title="a"; rel="next"',
        ],
    )
    def test_the_next_address_is_followed(self, header: str) -> None:
        assert self.link(header, "") == [
            "https://a.example/v1/works?q=x",
            "https://a.example/v1/2",
        ]

    @pytest.mark.parametrize("header", ["", '<https://a.example/9>; rel="last"', "next", "<>;rel="])
    def test_none_is_the_end(self, header: str) -> None:
        assert len(self.link(header)) == 1

    @pytest.mark.parametrize(
        "address", ["https://b.example/2", "http://a.example/2", "https://a.example:8443/2", "//b/"]
    )
    def test_another_host_is_not(self, address: str) -> None:
        with pytest.raises(CannotFetch, match=r"not at a\.example"):
            self.link(f'<{address}>; rel="next"')

    @pytest.mark.parametrize("address", ["http://[", "//[a"])
    def test_what_is_no_address(self, address: str) -> None:
        with pytest.raises(CannotFetch, match="which is not an address"):
            self.link(f'<{address}>; rel="next"')

    def test_a_cursor_in_a_header(self) -> None:
        served = iter([FetchedPage(page([1]), "z"), FetchedPage(page([2]))])
        asked, _ = walked(SEARCH, lambda address: next(served), "message.items", "header:X-Next")
        assert [each.partition("=")[2] for each in asked] == ["*", "z"]
        assert walk_at(SEARCH, "", "header:X-Next").header == "x-next"

    def test_a_hostile_header_is_read_in_time(self) -> None:
        begun = time.perf_counter()
        for hostile in (
            "<" * 10**6,
            '<a>; rel="' * 10**5,
            "<a>" + "; rel=" * 10**5,
            "<a>;" * 10**5,
        ):
            assert len(self.link(hostile)) == 1
        assert time.perf_counter() - begun < 1


def test_an_address_in_the_body_is_followed_on_the_same_host() -> None:
    served = iter([page([1], "https://a.example/works?page=2"), page([2])])
    asked, _ = walked(SEARCH, lambda address: next(served), "message.items", "message.next")
    assert asked[1] == "https://a.example/works?page=2"
    with pytest.raises(CannotFetch, match=r"not at a\.example"):
        by_cursor(page([1], "http://127.0.0.1/secret"))
    with pytest.raises(CannotFetch, match="which is not an address"):
        by_cursor(page([1], "http://["))


def test_each_page_is_read_a_fixed_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    whole = json.loads

    def counted(text: bytes) -> object:
        read.append(text)
        return whole(text)

    monkeypatch.setattr("digest.ingest.sources.paging.json_pages.json.loads", counted)
    pages = [page([number], str(number)) for number in range(MAX_PAGES - 1)]
    by_cursor(*pages, page([]))
    assert max(read.count(each) for each in pages) == 2


@settings(max_examples=60)
@given(st.integers(0, 90), st.integers(1, 40), st.booleans())
def test_no_paper_is_left_behind_and_none_comes_twice(
    papers: int, size: int, repeats_cursor: bool
) -> None:
    size = max(size, papers // 50 + 1)

    def serve(address: str) -> bytes:
        cursor = address.partition("=")[2]
        start = 0 if cursor == "*" else int(cursor)
        found = list(range(start, min(start + size, papers)))
        following = start + len(found)
        return page(found, following if repeats_cursor or following < papers else None)

    _, walk = walked(SEARCH, serve, "message.items", "message.next")
    assert walk.is_empty() == (papers == 0)
    assert json.loads(walk.joined())["message"]["items"] == list(range(papers))


ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda each: st.lists(each, max_size=3)
    | st.dictionaries(st.sampled_from(["message", "items", "next", "a"]), each, max_size=3),
    max_leaves=8,
).map(json.dumps).map(str.encode) | st.binary(max_size=60)  # fmt: skip


CURSOR_PATHS = st.sampled_from(["message.next", "header:Link", "header:x"])


@settings(max_examples=80)
@given(
    st.lists(ANSWERS, min_size=1, max_size=4),
    st.sampled_from(["", "message.items"]),
    CURSOR_PATHS,
    st.text(max_size=30),
)
def test_whatever_is_answered_is_a_dump_or_a_sentence(
    bodies: list[bytes], list_path: str, cursor_path: str, header: str
) -> None:
    served = iter(bodies)
    walk = walk_at(SEARCH, list_path, cursor_path)
    with contextlib.suppress(CannotFetch):
        while walk.next_address() is not None and (body := next(served, None)) is not None:
            walk.add(FetchedPage(body, header))
        assert isinstance(walk.joined(), bytes)

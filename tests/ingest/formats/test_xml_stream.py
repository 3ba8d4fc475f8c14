"""Large XML child by child: the same elements as in the tree, and bounded memory."""

import io
import weakref
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats import NotStreamable, Page, pubmed
from digest.ingest.formats.text import xml_stream
from digest.ingest.formats.validation import build_page

from .listing_pages import RECEIVED
from .test_pubmed import SET


def children(text: str | bytes) -> list[Element]:
    data = text.encode() if isinstance(text, str) else text
    return list(xml_stream.children(io.BytesIO(data), ("r", "s")))


ELEMENTS = st.recursive(
    st.sampled_from(["<a/>", "<b c='1'>x</b>", "<p:q xmlns:p='u'>é</p:q>", "<d><![CDATA[<]]></d>"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda them: f"<n>t{'u'.join(them)}v</n>"),
    max_leaves=5,
)


@given(st.lists(ELEMENTS, max_size=6), st.integers(1, 9))
@settings(max_examples=50)
def test_the_same_children_as_in_the_tree(inner: list[str], block: int) -> None:
    text = f"<?xml version='1.0'?><!-- c --><r>before{' between '.join(inner)}</r>"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_stream, "_BLOCK", max(block, len("<?xml version='1.0'?><!-- c --><r>")))
        found = children(text)
    expected = list(fromstring(text))
    for each in (*found, *expected):
        each.tail = None
    assert list(map(tostring, found)) == list(map(tostring, expected))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<t/>", "should start with <r>"),
        ("<r><a></r>", "damaged at line 1"),
        ("<r><a/>", "cut off at line 1"),
        ("<r/>more", "damaged"),
        (b"<r>\xff</r>", "damaged"),
        ("<!DOCTYPE r [<!ENTITY x 'y'>]><r>&x;</r>", "defines its own entities"),
        ("<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r>&x;</r>", "damaged|defines its own entities"),
        ("<?xml version='1.0' encoding='martian'?><r/>", "unknown encoding|damaged"),
        (f"<r>{'<a>' * 300}", "deeper than 200"),
    ],
)
def test_what_is_not_read_so(text: str | bytes, sentence: str) -> None:
    with pytest.raises(NotStreamable, match=sentence):
        children(text)


def test_depth_is_counted_from_the_root() -> None:
    inner = "<a>" * 199 + "</a>" * 199
    assert len(children(f"<s>{inner * 3}</s>")) == 3


def test_no_child_is_kept() -> None:
    """A child lives until the block it ended in is dealt with: of the root's thousand a few."""
    data = io.BytesIO(b"<r>" + b"<a><b/></a>" * 1000 + b"</r>")
    seen: list[weakref.ref[Element]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_stream, "_BLOCK", 110)
        for child in xml_stream.children(data, ("r",)):
            seen.append(weakref.ref(child))
            assert sum(each() is not None for each in seen[-50:]) <= 12
            assert data.tell() <= 110 * (2 + len(seen) // 10)
            del child
    assert len(seen) == 1000
    assert not any(each() for each in seen)


def streamed(data: bytes) -> Page:
    found = pubmed.parse_stream(io.BytesIO(data), RECEIVED)
    return build_page(found.format, found.listed_on, found.results, found.cure)


def test_pubmed_reads_the_same_both_ways() -> None:
    assert streamed(SET) == pubmed.parse(SET, RECEIVED)
    assert len(streamed(SET).records) == 4

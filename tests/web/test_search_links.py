"""The search that a paper's author or category leads to finds that paper."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.matching.index import PaperIndex
from digest.search import read_query
from digest.web.paper_page.search_links import field_query, search_address
from tests.matching.small_papers import paper


def finds(query: str, **fields: tuple[str, ...]) -> bool:
    index = PaperIndex([paper(title="Gauges", **fields)])
    return bool(index.evaluate(read_query(query).keyword))


@given(st.text(max_size=60))
@example(r"Paul Erd\H{o}s")
@example("Jane “J.” O'Neill-Smith, Jr.")
@example('Bo "the" Wick; Cy')
@example("Müller Mu\u0308ller")
@example("A. B. C. (for the XYZ Collaboration)")
@example("-Ada OR Bo")
def test_authors(name: str) -> None:
    if query := field_query("author", name):
        assert finds(query, authors=(name,))


@given(st.text(max_size=60))
@example("cs.CL")
@example("astro-ph.GA")
@example("q-bio.NC")
@example("Physics & Society")
@example("cond-mat.mtrl-sci")
@example("12.34")
def test_categories(name: str) -> None:
    if query := field_query("category", name):
        assert finds(query, categories=(name,))


@pytest.mark.parametrize("name", ["", "—", '"', "...", "x" * 300, "Ada " * 40])
def test_names_that_nobody_can_search_for(name: str) -> None:
    assert search_address(field_query("author", name)) == ""


def test_an_address_is_encoded() -> None:
    address = search_address(field_query("author", "Ada & Bo + Cy #1"))
    assert address == "/search/?q=author%3A%22Ada+%26+Bo+%2B+Cy+%231%22"

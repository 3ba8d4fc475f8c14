"""One paper, many spellings: ids that are read, and text that only looks like one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats.identifiers.ids import arxiv_id, doi


@pytest.mark.parametrize(
    "text",
    [
        "2509.24002",
        " 2509.24002v2\n",
        "arXiv:2509.24002v12",
        "arxiv: 2509.24002",
        "ARXIV:2509.24002",
        "arXiv.2509.24002",
        "oai:arXiv.org:2509.24002",
        "oai:arXiv.org:2509.24002v1",
        "http://arxiv.org/abs/2509.24002v1",
        "https://www.arxiv.org/pdf/2509.24002",
        "https://arxiv.org/pdf/2509.24002v3.pdf",
        "https://export.arxiv.org/abs/2509.24002#comments",
        "https://ar5iv.labs.arxiv.org/html/2509.24002",
        "https://huggingface.co/papers/2509.24002",
        "https://huggingface.co/papers/2509.24002?date=2025-09-30",
        "https://www.alphaxiv.org/overview/2509.24002",
        "10.48550/arXiv.2509.24002",
        "https://doi.org/10.48550/arXiv.2509.24002",
        "https://doi.org/10.48550%2FarXiv.2509.24002",
        "Code and paper: see arXiv:2509.24002v2 [cs.CL].",
        "( https://arxiv.org/abs/2509.24002 ,  14kb)",
    ],
)
def test_spellings_of_one_id(text: str) -> None:
    assert arxiv_id(text) == "2509.24002"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("quant-ph/0201082v1", "quant-ph/0201082"),
        ("http://arxiv.org/abs/quant-ph/0201082v1", "quant-ph/0201082"),
        ("math.GT/0309136", "math/0309136"),
        ("math/0309136v2", "math/0309136"),
        ("arXiv:math.GT/0309136", "math/0309136"),
        ("Math.gt/0309136", "math/0309136"),
        ("oai:arXiv.org:cond-mat/9912345", "cond-mat/9912345"),
        ("cond-mat.mtrl-sci/0703123", "cond-mat/0703123"),
        ("https://arxiv.org/pdf/cs/0112017.pdf", "cs/0112017"),
        ("10.48550/arXiv.hep-th/9901001", "hep-th/9901001"),
        ("math-ph/0309001", "math-ph/0309001"),
        ("0704.0001", "0704.0001"),
        ("1412.9999v1", "1412.9999"),
        ("1501.00001", "1501.00001"),
    ],
)
def test_other_ids(text: str, name: str) -> None:
    assert arxiv_id(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "0000.0000",  # no such month
        "2513.00001",
        "0808.05394",  # five digits came in 2015
        "2509.2400",
        "2509.240021",
        "0703.0001",  # before the scheme
        "9912.0001",
        "foo/0309136",
        "math/0313136",
        "math/030913",
        "costs 2509.24002 dollars",  # a number, not a name
        "10.1103/2509.24002",
        "https://example.org/abs/2509.24002",
        "https://notarxiv.example/?2509.24002",
        "٢٥٠٩.٢٤٠٠٢",
    ],
)
def test_no_id(text: str) -> None:
    assert arxiv_id(text) == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("10.1103/PhysRevD.76.013009", "10.1103/physrevd.76.013009"),
        ("https://doi.org/10.1145/3106237.3106277", "10.1145/3106237.3106277"),
        ("http://dx.doi.org/10.1145%2F3106237.3106277", "10.1145/3106237.3106277"),
        ("https://journal.example/10.5555/Tide.1?rss=1#top", "10.5555/tide.1"),
        ("doi:10.1/x", ""),
        ("doi: 10.1000/x.", "10.1000/x"),
        ("(see https://doi.org/10.1000/ab(c)d).", "10.1000/ab(c)d"),
        ("10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2",
         "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"),
        ("10.1000/one 10.1000/two", "10.1000/one"),
        ("10.48550/arXiv.2509.24002", ""),
        ("https://doi.org/10.1000/", ""),
        ("110.1000/x", ""),
        ("10.1000/" + "x" * 300, ""),
        ("nothing", ""),
    ],
)  # fmt: skip
def test_doi(text: str, name: str) -> None:
    assert doi(text) == name


@settings(max_examples=40)
@given(st.text())
def test_any_text_and_the_answer_again(text: str) -> None:
    for read in (arxiv_id, doi):
        name = read(text)
        assert read(name) == name


@settings(max_examples=40)
@given(st.integers(15, 90), st.integers(1, 12), st.integers(0, 99_999), st.integers(1, 99))
def test_every_version_is_the_same_paper(year: int, month: int, number: int, version: int) -> None:
    name = f"{year:02}{month:02}.{number:05}"
    assert arxiv_id(f"arXiv:{name}v{version}") == arxiv_id(name) == name

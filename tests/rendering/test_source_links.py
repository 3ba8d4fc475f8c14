"""Links made from what is known of a paper."""

from typing import Any

import pytest

from digest.models import Paper
from digest.rendering.source_links import source_links


def made(**fields: Any) -> dict[str, str]:
    return dict(source_links(Paper(title="T", **fields)))


def test_all_that_is_known() -> None:
    assert made(arxiv_id="2611.00001", doi="10.1000/a<b", code_url="https://code.example/r",
                project_url="https://project.example/") == {
        "PDF": "https://arxiv.org/pdf/2611.00001",
        "arXiv": "https://arxiv.org/abs/2611.00001",
        "DOI": "https://doi.org/10.1000/a%3Cb",
        "Code": "https://code.example/r",
        "Project page": "https://project.example/",
    }  # fmt: skip
    assert made() == {}


@pytest.mark.parametrize(
    ("arxiv_id", "known"),
    [("2611.00001", True), ("hep-th/9901001", True), ("math.GT/0309136", True),
     ("2611.00001v2", True), ("../../evil", False), ("1?x=", False), ("a b", False)],
)  # fmt: skip
def test_only_what_is_an_arxiv_id_becomes_a_link(arxiv_id: str, known: bool) -> None:
    assert made(arxiv_id=arxiv_id) == ({
        "PDF": f"https://arxiv.org/pdf/{arxiv_id}", "arXiv": f"https://arxiv.org/abs/{arxiv_id}",
    } if known else {})  # fmt: skip


@pytest.mark.parametrize(
    ("url", "pdf"),
    [
        ("https://openreview.net/forum?id=aBc_9-x1", "https://openreview.net/pdf?id=aBc_9-x1"),
        ("https://openreview.net/forum?id=a%22%3E", ""),
        ("https://openreview.net/group?id=aBc_9-x1", ""),
        ("https://openreview.net/forum", ""),
        ("https://aclanthology.org/2026.acl-long.7/", "https://aclanthology.org/2026.acl-long.7.pdf"),
        ("https://aclanthology.org/venues/", ""),
        ("https://www.biorxiv.org/content/10.1101/2026.11.01.123456v2",
         "https://www.biorxiv.org/content/10.1101/2026.11.01.123456v2.full.pdf"),
        ("https://www.medrxiv.org/content/early/recent", ""),
        ("https://a.example/p/1.PDF", "https://a.example/p/1.PDF"),
        ("https://a.example/p/1", ""),
        ("javascript:1.pdf", ""),
        ("https://[a/1.pdf", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_pdf_beside_a_page(url: str, pdf: str) -> None:
    assert made(url=url) == ({"PDF": pdf} if pdf else {})


def test_what_is_unsafe_or_said_twice_is_left_out() -> None:
    assert made(code_url="javascript:x", project_url="https:///nowhere") == {}
    assert "DOI" not in made(arxiv_id="2611.00001", doi="10.48550/arXiv.2611.00001")
    assert made(doi="10.48550/x") == {"DOI": "https://doi.org/10.48550/x"}


def test_a_preprint_of_a_published_paper() -> None:
    both = {"versions": "both", "doi": "10.1000/x"}
    assert made(**both, preprint_doi="10.1101/y") == {
        "DOI": "https://doi.org/10.1000/x", "Preprint": "https://doi.org/10.1101/y",
    }  # fmt: skip
    assert list(made(**both, arxiv_id="2611.00001")) == ["PDF", "arXiv", "DOI"]

"""Links to a paper's text and code, made from its ids and address; nothing is fetched."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from digest.ingest.papers.paper_links import safe_link
from digest.models import Paper
from digest.models.papers import id_url

_ARXIV_ID = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?")
_ARXIV_DOI = "10.48550/"  # of the same preprint as its arXiv id
_NAME = re.compile(r"[\w-]{4,40}")


class SourceLink(NamedTuple):
    """What a link leads to, like "PDF", and its address."""

    label: str
    url: str


class _Known(NamedTuple):
    url: str
    arxiv_id: str
    doi: str
    preprint: str
    code: str
    project: str


def source_links(paper: Paper) -> tuple[SourceLink, ...]:
    """PDF, arXiv, DOI, code and project page, as far as they are known: safe addresses only."""
    known = _Known(
        paper.url,
        paper.arxiv_id or "",
        paper.doi,
        paper.preprint_url if paper.versions == Paper.Versions.BOTH else "",
        paper.code_url,
        paper.project_url,
    )
    return _links(known)


@lru_cache(maxsize=4096)
def _links(known: _Known) -> tuple[SourceLink, ...]:
    arxiv = known.arxiv_id if _ARXIV_ID.fullmatch(known.arxiv_id) else ""
    doi = "" if arxiv and known.doi.lower().startswith(_ARXIV_DOI) else known.doi
    found = {
        "PDF": f"https://arxiv.org/pdf/{arxiv}" if arxiv else _pdf_of(safe_link(known.url)),
        "arXiv": id_url(arxiv, ""),
        "DOI": id_url("", doi),
        "Preprint": "" if arxiv else known.preprint,
        "Code": known.code,
        "Project page": known.project,
    }
    safe = (SourceLink(label, safe_link(url)) for label, url in found.items() if url)
    return tuple(link for link in safe if link.url)


def _pdf_of(url: str) -> str:
    """The PDF beside a page of OpenReview, the ACL Anthology, bioRxiv or medRxiv, or the address
    itself if it is one; "" if that is not known."""
    parts = urlsplit(url)
    host, path = (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
    if path.lower().endswith(".pdf"):
        return url
    match host:
        case "openreview.net":
            (name, *_) = parse_qs(parts.query).get("id", [""])
            is_page = path == "/forum" and _NAME.fullmatch(name)
            return f"https://openreview.net/pdf?id={name}" if is_page else ""
        case "aclanthology.org":
            is_page = re.fullmatch(r"/[\w.-]*\d[\w.-]*", path)
            return f"https://aclanthology.org{path}.pdf" if is_page else ""
        case "biorxiv.org" | "medrxiv.org":
            is_page = re.fullmatch(r"/content/10\.\d{4,}/[\w.]+v\d+", path)
            return f"https://www.{host}{path}.full.pdf" if is_page else ""
        case _:
            return ""

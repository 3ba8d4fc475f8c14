"""A paper in the project's own formats: its fields as written, and the record they give."""

from datetime import date

from digest.ingest.formats import Record

PAPER = {
    "id": 7,
    "arxiv_id": "2509.24002",
    "doi": "10.1234/gauges",
    "title": "Gauges of “Paper”",
    "title_key": "gaugesofpaper",
    "abstract": "We read two gauges.\n\nThey agree to within a drop.",
    "authors": ["Ada Author", "Ben Berg"],
    "author_count": 2,
    "organization": "River Institute",
    "published_on": "2026-11-03",
    "listed_on": "2026-11-20",
    "url": "https://example.org/gauges",
    "upvotes": 12,
    "comment_count": 0,
    "keywords": ["gauge"],
    "categories": ["cs.DL"],
    "code_url": "https://example.org/code",
    "project_url": "https://example.org/project",
    "withdrawn_at": "2026-11-19",
    "seq": 3,
    "renumbered": False,
    "former": [],
    "change": 9,
}

RECORD = Record(
    title="Gauges of “Paper”",
    abstract="We read two gauges.\n\nThey agree to within a drop.",
    authors=("Ada Author", "Ben Berg"),
    author_count=2,
    organization="River Institute",
    published_on=date(2026, 11, 3),
    url="https://example.org/gauges",
    arxiv_id="2509.24002",
    doi="10.1234/gauges",
    upvotes=12,
    comment_count=0,
    keywords=("gauge",),
    categories=("cs.DL",),
    code_url="https://example.org/code",
    project_url="https://example.org/project",
    withdrawn_on=date(2026, 11, 19),
)

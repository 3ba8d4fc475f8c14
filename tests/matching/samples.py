"""Real papers for the tests that want them, read from where PAPER_SAMPLES says."""

import gzip
import json
import os
from datetime import date
from functools import cache
from pathlib import Path

from digest.matching.index import PaperText

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("PAPER_SAMPLES", ROOT / "../shared/data")).resolve()
LISTED = FOLDER / "hf_papers_2024_2025.jsonl.gz"
CRANFIELD = FOLDER / "ranking_cranfield"


@cache
def records(most: int = 1_000_000) -> list[dict[str, object]]:
    """The listed papers as they come, oldest first."""
    with gzip.open(LISTED, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for _, line in zip(range(most), lines, strict=False)]


def papers(most: int = 1_000_000) -> list[PaperText]:
    """The first `most` listed papers, numbered from 1."""
    return [paper(number, record) for number, record in enumerate(records()[:most], 1)]


def paper(number: int, record: dict[str, object]) -> PaperText:
    """One listed paper under a number of our own."""
    return PaperText(
        id=number,
        seq=number,
        title=str(record["title"]),
        abstract=str(record["abstract"]),
        authors=tuple(record["authors"]),  # type: ignore[arg-type]
        organization=str(record["organization"] or ""),
        published_on=date.fromisoformat(str(record["published_on"])),
        listed_on=date.fromisoformat(str(record["listed_on"])),
        upvotes=int(record["upvotes"] or 0),  # type: ignore[call-overload]
        comment_count=int(record["comments"] or 0),  # type: ignore[call-overload]
    )

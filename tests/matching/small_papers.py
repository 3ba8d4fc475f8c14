"""Small papers and indexes for tests."""

from typing import Any

from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import parse


def paper(number: int = 1, title: str = "", abstract: str = "", **other: Any) -> PaperText:
    """A paper numbered as asked."""
    return PaperText(**{"id": number, "seq": number, "title": title, "abstract": abstract, **other})


def hits(keyword: str, text: str = "", **other: Any) -> bool:
    """Whether a keyword hits one paper with this abstract."""
    index = PaperIndex([paper(abstract=text, **other)], through=1)
    return bool(index.evaluate(parse(keyword)))


def shown_hits(keyword: str, text: str) -> list[str]:
    """The original characters of an abstract that a keyword hits."""
    index = PaperIndex([paper(abstract=text)], through=1)
    return [text[span.start : span.end] for span in index.hit_spans(parse(keyword), 1)]

"""Records of invented papers, as listings that need no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from digest.ingest.formats import Record
from digest.ingest.papers.dedupe import PaperKeys, title_name
from digest.ingest.papers.merge import record_to_json

TITLE = "Gauges that read rivers by night"
ONE = ("Ada Lamp", "Bo Wick", "Cy Oil")


@dataclass
class Entry:
    """A listing of a record, as PaperKeys sees it."""

    given: Record
    apart: str = ""
    record: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.record = record_to_json(self.given)
        self.arxiv_id, self.doi = self.given.arxiv_id, self.given.doi
        self.title_key = title_name(self.record)


def record(title: str = TITLE, /, **fields: Any) -> Record:
    return Record(title, **fields)


def preprint(**fields: Any) -> Record:
    """The preprint of a paper, on the arXiv unless the fields give it a DOI."""
    id_ = {} if "doi" in fields else {"arxiv_id": "2611.00001"}
    return Record(**({"title": TITLE, "authors": ONE, **id_} | fields))


def published(**fields: Any) -> Record:
    """The journal version of the same."""
    given = {"title": TITLE, "authors": ONE, "doi": "10.1000/gauge", "journal": "Rivers"}
    return Record(**(given | fields))


def parted(records: Sequence[Record]) -> list[set[int]]:
    """Return the numbers of the records that are one paper, paper by paper."""
    entries = list(map(Entry, records))
    keys = PaperKeys(entries)
    papers: dict[Any, set[int]] = {}
    for number, entry in enumerate(entries):
        papers.setdefault(keys.of(entry), set()).add(number)
    return sorted(papers.values(), key=min)


def as_one(*records: Record) -> bool:
    return len(parted(records)) == 1


def in_order(records: Sequence[Record], order: Iterable[int]) -> list[set[int]]:
    """Return the same as parted() if the records come in another order."""
    places = list(order)
    found = parted([records[place] for place in places])
    return sorted(({places[number] for number in paper} for paper in found), key=min)


DAY = date(2026, 11, 20)

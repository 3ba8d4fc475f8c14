"""What a record says, besides its title, about which paper it is."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from .surnames import surnames
from .title_names import title_key

_ADDRESS = re.compile(r"https?://(?:[^/?#@]*@)?(?:www\.|m\.)?([^/?#]+)([^?#]*)(?:\?([^#]*))?", re.I)
# Parameters that say where a reader comes from.
_TRACKING = re.compile(r"(?:rss|af|utm_\w+|dgcid|src|ref|cmp|feed|wt\.mc)\Z", re.I)
# Hosts with pages of everybody's papers: an address there does not tell a paper's own place.
_INDEXES = re.compile(
    r"(?:[\w-]+\.)*(?:arxiv\.org|ar5iv\.org|alphaxiv\.org|huggingface\.co|hf\.co|doi\.org"
    r"|ncbi\.nlm\.nih\.gov|europepmc\.org|semanticscholar\.org|openalex\.org|dblp\.org"
    r"|scholar\.google\.[a-z.]+|researchgate\.net|paperswithcode\.com|core\.ac\.uk"
    r"|adsabs\.harvard\.edu|inspirehep\.net|lens\.org|scopus\.com|webofscience\.com)"
)


@dataclass(slots=True)
class Evidence:
    """What one record or several of one paper say.

    `places` are addresses on the paper's own sites, `hosts` these sites, `addresses` all, those on
    sites that index papers too; as address_key() returns them.
    """

    addresses: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    surnames: set[str] = field(default_factory=set)
    first_surnames: set[str] = field(default_factory=set)
    journals: set[str] = field(default_factory=set)
    years: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]]) -> Self:
        """Return what these records say, as merge.record_to_json() wrote them."""
        found = cls()
        for record in records:
            found._add_record(record)
        return found

    def _add_record(self, record: Mapping[str, Any]) -> None:
        if address := address_key(record.get("url", "")):
            self.addresses.add(address)
            if not _INDEXES.fullmatch(host := re.split("[/?]", address, maxsplit=1)[0]):
                self.places.add(address)
                self.hosts.add(host)
        if names := surnames(record.get("authors", ())):
            self.surnames.update(names)
            self.first_surnames.add(names[0])
        if journal := title_key(record.get("journal", "")):
            self.journals.add(journal)
        if (day := record.get("published_on")) and not record.get("year_inferred"):
            self.years.add(day[:4])

    @property
    def order(self) -> tuple[bool | tuple[str, ...], ...]:
        """What ranks it among others of one title: those that say most first, then as written."""
        said = (self.addresses, self.surnames, self.first_surnames, self.journals, self.years)
        return (*(not some for some in said), *(tuple(sorted(some)) for some in said))

    def add(self, other: "Evidence") -> None:
        """Take over what another record of the same paper says."""
        self.addresses |= other.addresses
        self.places |= other.places
        self.hosts |= other.hosts
        self.surnames |= other.surnames
        self.first_surnames |= other.first_surnames
        self.journals |= other.journals
        self.years |= other.years


def address_key(url: str) -> str:
    """Return a web address without scheme, `www.`, fragment and tracking; "" if it is none."""
    found = _ADDRESS.match(url)
    if found is None:
        return ""
    query = [each for each in (found[3] or "").split("&")
             if each and not _TRACKING.match(each.partition("=")[0])]  # fmt: skip
    asked = f"?{'&'.join(sorted(query))}" if query else ""
    return f"{found[1].lower()}{found[2].rstrip('/')}{asked}"


def content_hash(record: Mapping[str, Any]) -> str:
    """Return a hash of what a record says; equal for records that nobody could tell apart."""
    said = (
        " ".join(surnames(record.get("authors", ()))),
        title_key(record.get("journal", "")),
        record.get("published_on", ""),
        title_key(record.get("abstract", "")),
    )
    return short_hash("\n".join(said))


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]

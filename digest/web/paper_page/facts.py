"""The facts of a paper as its pages show them, each of bounded length."""

from dataclasses import dataclass
from datetime import date

from digest.ingest.formats.fields.date_words import shown_period
from digest.ingest.formats.records import Record
from digest.ingest.papers.merge import record_from_json, version_dates
from digest.matching.text.readable import readable
from digest.models import Paper
from digest.rendering.paper_card import journal_of
from digest.rendering.source_links import SourceLink, source_links

from .search_links import field_query, search_address

AUTHORS_SHOWN = 40
NAMES_SHOWN = 30  # categories, and keywords
LISTINGS_READ = 50  # of the newest ones, for dates


@dataclass(frozen=True, slots=True)
class Named:
    """A name, and where it leads; "" for nowhere."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A preprint, or what a journal published. `dated`: what says when it appeared."""

    label: str
    name: str
    url: str
    dated: Paper | Record | None
    journal: str = ""

    @property
    def period(self) -> str:
        """Return when it appeared, as exactly as that is known, "" if it is not."""
        return _period(self.dated) if self.dated else ""


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """`more_authors`: how many are not shown. `published`, `journal`, `doi`: the paper's own, "" if
    one of the versions says it."""

    authors: tuple[Named, ...]
    more_authors: int
    versions: tuple[Version, ...]
    published: str
    journal: str
    doi: str
    categories: tuple[Named, ...]
    keywords: tuple[str, ...]
    links: tuple[SourceLink, ...]

    @property
    def pdf(self) -> str:
        """Return the address of its PDF, "" if that is not known."""
        return next((link.url for link in self.links if link.label == "PDF"), "")

    @property
    def online_on(self) -> tuple[date, str] | None:
        """Return when its preprint came online, with the precision of that date."""
        dated = next((each.dated for each in self.versions if each.label == "Preprint"), None)
        if dated is None or dated.published_on is None:
            return None
        return dated.published_on, dated.published_precision


def paper_facts(paper: Paper, most_authors: int = AUTHORS_SHOWN) -> PaperFacts:
    """Return the facts, in one query if the paper has two versions, else in none."""
    shown = paper.authors[:most_authors]
    versions = paper_versions(paper)
    return PaperFacts(
        authors=tuple(_named("author", name) for name in shown),
        more_authors=max(paper.author_count or 0, len(paper.authors)) - len(shown),
        versions=versions,
        published="" if any(each.period for each in versions) else _period(paper),
        journal="" if any(each.journal for each in versions) else journal_of(paper),
        doi="" if any(each.name == paper.doi for each in versions) else paper.doi,
        categories=tuple(_named("category", name) for name in paper.categories[:NAMES_SHOWN]),
        keywords=tuple(readable(name).text for name in paper.keywords[:NAMES_SHOWN]),
        links=source_links(paper),
    )


def _named(field: str, name: str) -> Named:
    return Named(readable(name).text, search_address(field_query(field, name)))


def paper_versions(paper: Paper) -> tuple[Version, ...]:
    """Return the preprint and the journal's version, as far as they are known."""
    preprint, journal = paper.preprint_url, paper.published_url
    if preprint and journal:
        dates = version_dates(_records(paper))
        return _preprint(paper, dates.preprint), _published(paper, dates.journal)
    if preprint:
        return (_preprint(paper, paper),)
    return (_published(paper, paper),) if journal else ()


def _records(paper: Paper) -> list[Record]:
    newest = paper.listings.order_by("-pk").values_list("record", flat=True)
    return [record_from_json(each) for each in newest[:LISTINGS_READ]]


def _preprint(paper: Paper, dated: Paper | Record | None) -> Version:
    name = f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else paper.preprint_doi or paper.doi
    return Version("Preprint", name, paper.preprint_url, dated)


def _published(paper: Paper, dated: Paper | Record | None) -> Version:
    return Version("Journal", paper.doi, paper.published_url, dated, journal_of(paper))


def _period(dated: Paper | Record) -> str:
    return shown_period(dated.published_on, dated.published_precision, whole_words=True)

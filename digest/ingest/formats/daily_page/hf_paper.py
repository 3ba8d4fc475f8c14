"""A paper as Hugging Face's data has it: in the daily-papers API and inside its pages.

An entry is {"paper": {…}, "numComments": …} or the inner object alone; fields changed over time:

    2024    id, authors, publishedAt, title, summary, upvotes; outside: publishedAt (when it was
            listed), numComments
    2025    submittedOnDailyAt, ai_keywords, ai_summary, githubRepo, projectPage; the outer
            publishedAt is now the paper's own, shifted by some hours
    later   organization, withdrawnAt
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from ..identifiers.ids import arxiv_id
from ..records import Record, Skipped
from ..validation import excerpt, is_storable, one_line, paragraphs, short_summary, title_rejection

_PAGE = "https://huggingface.co/papers/"
_LONGEST_NAME = 255
_LONGEST_ADDRESS = 2000
_LARGEST_COUNT = 2**31 - 1
_FARTHEST_ZONE = timedelta(hours=14)


def read_entries(entries: Iterable[object], *, damaged: bool) -> Iterator[Record | Skipped]:
    """Yield the record of each entry, or why it is left out.

    `damaged`: bytes of the page were lost.
    """
    for number, entry in enumerate(entries, 1):
        yield _read(entry, number, damaged)


def listing_day(entries: Iterable[object]) -> date | None:
    """Return the day on which most of these entries were listed; of several, the newest."""
    found = (_listed(entry) for entry in entries if isinstance(entry, Mapping))
    counts = Counter(day for day in found if day is not None)
    return max(counts, key=lambda day: (counts[day], day), default=None)


def iso_day(value: object) -> date | None:
    """Return the UTC day of an ISO 8601 timestamp or date; None if it is none."""
    moment = _moment(value)
    return moment.date() if moment else None


def page_address(identifier: str) -> str:
    """Return the paper's page on the site; "" for an empty arXiv id."""
    return f"{_PAGE}{identifier}" if identifier else ""


def _read(entry: object, number: int, damaged: bool) -> Record | Skipped:
    if not isinstance(entry, Mapping):
        return Skipped(f"entry {number}", "it is not a paper")
    paper = _paper(entry)
    title = one_line(paper.get("title")) or one_line(entry.get("title"))
    abstract = paragraphs(paper.get("summary")) or paragraphs(entry.get("summary"))
    if reason := title_rejection(title, abstract, damaged=damaged):
        name = title or one_line(paper.get("id")) or f"entry {number}"
        return Skipped(excerpt(name), reason)
    return _record(entry, paper, title, abstract)


def _record(
    entry: Mapping[str, object], paper: Mapping[str, object], title: str, abstract: str
) -> Record:
    authors = paper.get("authors")
    authors = authors if isinstance(authors, list) else []
    identifier = arxiv_id(one_line(paper.get("id")))
    return Record(
        title=title,
        abstract=abstract,
        authors=_names(authors),
        author_count=len(authors) or None,
        organization=_organization(paper) or _organization(entry),
        published_on=iso_day(paper.get("publishedAt")),
        url=page_address(identifier),
        arxiv_id=identifier,
        upvotes=valid_count(paper.get("upvotes")),
        comment_count=_comments(entry, paper),
        keywords=_keywords(paper),
        code_url=_address(paper.get("githubRepo")),
        project_url=_address(paper.get("projectPage")),
        ai_summary=short_summary(paper.get("ai_summary")) or short_summary(entry.get("ai_summary")),
        withdrawn_on=iso_day(paper.get("withdrawnAt")),
    )


def _paper(entry: Mapping[str, object]) -> Mapping[str, object]:
    inner = entry.get("paper")
    return inner if isinstance(inner, Mapping) else entry


def _names(authors: list[object]) -> tuple[str, ...]:
    """Return the names that the site shows.

    Hidden ones are only counted, as the arXiv counts them.
    """
    names = (
        author.get("name") if isinstance(author, Mapping) else author
        for author in authors
        if not (isinstance(author, Mapping) and author.get("hidden") is True)
    )
    return tuple(filter(None, map(_name, names)))


def _name(value: object) -> str:
    name = one_line(value)
    return name if len(name) <= _LONGEST_NAME and is_storable(name) else ""


def _organization(owner: Mapping[str, object]) -> str:
    found = owner.get("organization")
    if isinstance(found, Mapping):
        return _name(found.get("fullname")) or _name(found.get("name"))
    return _name(found)


def _keywords(paper: Mapping[str, object]) -> tuple[str, ...]:
    found = paper.get("ai_keywords")
    words = map(_name, found) if isinstance(found, list) else ()
    return tuple(dict.fromkeys(filter(None, words)))


def valid_count(value: object) -> int | None:
    """Return the number if it can be a count and a database can hold it, else None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def _comments(entry: Mapping[str, object], paper: Mapping[str, object]) -> int | None:
    number = valid_count(entry.get("numComments"))
    if number is None:
        number = valid_count(paper.get("numComments"))
    comments = entry.get("comments")
    if number is None and isinstance(comments, list):
        # Between the comments stand events: a title changed, a thread closed.
        number = sum(
            isinstance(each, Mapping) and each.get("type", "comment") == "comment"
            for each in comments
        )
    return number


def _address(value: object) -> str:
    address = value.strip() if isinstance(value, str) else ""
    if not address.lower().startswith(("http://", "https://")) or not is_storable(address):
        return ""
    is_whole = len(address) <= _LONGEST_ADDRESS and not any(map(str.isspace, address))
    return address if is_whole else ""


def _listed(entry: Mapping[str, object]) -> date | None:
    """Return when the entry was put on the daily listing, if it says so."""
    paper = _paper(entry)
    said = iso_day(paper.get("submittedOnDailyAt")) or iso_day(entry.get("submittedOnDailyAt"))
    if said is not None or paper is entry:
        return said
    outer, own = _moment(entry.get("publishedAt")), _moment(paper.get("publishedAt"))
    return outer.date() if outer and not _is_moved(outer, own) else None


def _is_moved(outer: datetime, own: datetime | None) -> bool:
    """Return whether a time is the paper's own, shifted by a time zone."""
    if own is None or abs(outer - own) > _FARTHEST_ZONE:
        return False
    return (outer - own) % timedelta(minutes=15) == timedelta(0)


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None

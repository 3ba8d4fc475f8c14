"""Records without an id that share a title: which of them are one paper, and which are another.

A title joins two records only where nothing contradicts it: other authors, addresses on other
hosts and, if it has one or two words, another address, journal or year. As that is not transitive,
records are taken in an order that follows from what they say, those that say most first, and each
joins the group that it fits best. So the groups are the same whatever the order of arrival.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .evidence import Evidence, address_key
from .linked_groups import LinkedGroups
from .title_names import word_count
from .versions import names_a_work

if TYPE_CHECKING:
    from digest.ingest.papers.dedupe import PaperKey

# Each record is compared with so many groups; papers of one title are few.
_MOST_GROUPS = 50
_SHORT = 2  # words
Signature = tuple[object, ...]


@dataclass(slots=True)
class Candidate:
    """A paper that records may join, and what its records say."""

    key: "PaperKey"
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Title:
    """What a title is worth as a name."""

    is_short: bool
    names_a_work: bool


def signature(record: Mapping[str, Any]) -> Signature:
    """Return all that a record says of its paper besides the title; equal for equal records."""
    return (
        address_key(record.get("url", "")),
        tuple(record.get("authors", ())),
        record.get("journal", ""),
        record.get("published_on", ""),
        bool(record.get("year_inferred")),
    )


def group_by_title(
    signed: Mapping[Signature, Mapping[str, Any]],
    papers: Iterable[Candidate],
    nth_key: Callable[[int], "PaperKey"],
) -> dict[Signature, "PaperKey"]:
    """Map the signature of each record to the key of its paper.

    `signed`: records without an id, all of one title; `papers`: those with ids of this title,
    the preferred first; `nth_key` names the groups that join none of them.
    """
    titles = sorted(record["title"] for record in signed.values())
    # Spellings of one title may differ in blanks: the shortest decides.
    title = _Title(
        is_short=min(map(word_count, titles)) <= _SHORT,
        names_a_work=all(map(names_a_work, titles)),
    )
    groups, made = list(papers)[:_MOST_GROUPS], 0
    found: dict[Signature, PaperKey] = {}
    for some in _sure_groups(signed, title):
        evidence = Evidence.of(signed[each] for each in some)
        group = _best(groups, evidence, title)
        if group is None:
            group = Candidate(nth_key(made), Evidence())
            made += 1
            if len(groups) < _MOST_GROUPS:
                groups.append(group)
        group.evidence.add(evidence)
        found |= dict.fromkeys(some, group.key)
    return found


def _sure_groups(
    signed: Mapping[Signature, Mapping[str, Any]], title: _Title
) -> list[list[Signature]]:
    """Return the records in groups that share an address, or the first author of a title that
    names a work; the groups that say most first.
    """
    by_name: dict[tuple[str, str], list[Signature]] = {}
    links: LinkedGroups[Signature] = LinkedGroups()
    for each, record in signed.items():
        links.add([each])
        evidence = Evidence.of([record])
        authors = evidence.first_surnames if title.names_a_work else ()
        for name in (
            *(("at", address) for address in evidence.addresses),
            *(("by", author) for author in authors),
        ):
            by_name.setdefault(name, []).append(each)
    for linked in by_name.values():
        links.add(linked)
    return sorted(links.groups(), key=lambda some: Evidence.of(signed[each] for each in some).order)


def _best(groups: Sequence[Candidate], evidence: Evidence, title: _Title) -> Candidate | None:
    """Return the group that the evidence fits best, the first of equals; None if it fits none."""
    best, most = None, -1
    for group in groups:
        if (score := _fit(group.evidence, evidence, title)) > most:
            best, most = group, score
    return best


def _fit(one: Evidence, other: Evidence, title: _Title) -> int:
    """Return how much speaks for one paper: 3 an address, 2 the first author, 1 another author, 0
    nothing; -1 if something speaks against it.
    """
    if one.addresses & other.addresses:
        return 3
    if _differ(one.surnames, other.surnames):
        return -1
    is_by_same = bool(one.first_surnames & other.first_surnames)
    if title.is_short:
        contradicts = any(
            _differ(*pair)
            for pair in (
                (one.places, other.places),
                (one.journals, other.journals),
                (one.years, other.years),
            )
        )
    else:
        contradicts = _differ(one.hosts, other.hosts) and not (is_by_same and title.names_a_work)
    if contradicts:
        return -1
    return 2 if is_by_same else int(bool(one.surnames & other.surnames))


def _differ(one: set[str], other: set[str]) -> bool:
    return bool(one and other) and one.isdisjoint(other)

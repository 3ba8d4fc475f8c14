"""The rule by which an acronym of the papers widens a keyword, is offered, or is asked about."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

MOST_A_TERM = 5  # pairs of one term
LEAST_PAPERS = 3  # that define a pair
ON_SHARE, OFFERED_SHARE, RIVAL_SHARE = 0.9, 0.6, 0.2
ACCEPTED, REFUSED, ADDED = "accepted", "refused", "added"


class Usage(StrEnum):
    """How a pair is used: without asking, if the reader wants it, if the reader says which."""

    ON = "on"
    OFFERED = "offered"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class AcronymWording:
    """A short form as it is written, its long form in folded words, and how the pair is used.

    key: the short form, folded. spellings: all ways the papers spell the long form.
    """

    short: str
    long: str
    papers: int
    usage: Usage
    key: str = field(default="", compare=False)
    spellings: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Spelling:
    """One spelling of a pair, the number of papers that define it so, an operator's decision."""

    short: str
    long: str
    papers: int
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Capitals:
    """In how many papers a short form occurs in capitals, and in any case."""

    papers_capitals: int = 0
    papers_any: int = 0

    @property
    def share(self) -> float:
        return min(self.papers_capitals / self.papers_any, 1.0) if self.papers_any else 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """The definitions of a short form in all papers, and how it is written."""

    definitions: int
    capitals: Capitals

    def share(self, papers: int) -> float:
        return papers / self.definitions if self.definitions else 0.0


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A short form with a long form, in their most frequent spelling, and what follows.

    `share`: of the definitions of the short form. `spellings`: all long forms that are this one.
    `usage` is None if the pair is not used; `reason` says why it is as it is.
    """

    short: str
    long: str
    papers: int
    share: float
    spellings: frozenset[str]
    usage: Usage | None
    reason: str


def judge(spellings: Iterable[Spelling], capitals: Capitals) -> list[JudgedPair]:
    """Judge all pairs of one short form, those that most papers define first."""
    groups: dict[str, list[Spelling]] = defaultdict(list)
    for spelling in spellings:
        # Spaced, hyphenated and joined: one phrase for the matcher.
        groups[spelling.long.replace(" ", "")].append(spelling)
    papers = {name: sum(each.papers for each in group) for name, group in groups.items()}
    counts = Counts(sum(papers.values()), capitals)
    judged = []
    for name in sorted(groups, key=lambda name: (-papers[name], name)):
        group = sorted(groups[name], key=lambda each: (-each.papers, each.short, each.long))
        others = [number for other, number in papers.items() if other != name]
        usage, reason = _usage({each.decision for each in group}, papers[name], others, counts)
        judged.append(
            JudgedPair(
                group[0].short,
                group[0].long,
                papers[name],
                counts.share(papers[name]),
                frozenset(each.long for each in group),
                usage,
                reason,
            )
        )
    return judged


def _usage(
    decisions: set[str], papers: int, others: list[int], counts: Counts
) -> tuple[Usage | None, str]:
    """Return the usage of a pair that so many papers define, and why; `others`: the papers that
    define each of the other long forms."""
    if REFUSED in decisions:
        return None, "An operator refused it."
    if decisions & {ACCEPTED, ADDED}:
        return Usage.ON, f"An operator {ACCEPTED if ACCEPTED in decisions else ADDED} it."
    if papers < LEAST_PAPERS:
        return None, f"Fewer than {LEAST_PAPERS} papers define it."
    share, capitals = counts.share(papers), counts.capitals.share
    if capitals < OFFERED_SHARE:
        return None, f"Only {_in_capitals(capitals)}."
    rivals = [counts.share(other) for other in others if other >= LEAST_PAPERS]
    rivals = [rival for rival in rivals if rival >= RIVAL_SHARE]
    if share < RIVAL_SHARE and len(rivals) == 1 and rivals[0] >= OFFERED_SHARE:
        return None, f"Another long form has {rivals[0]:.0%} of the definitions of the short form."
    if share < OFFERED_SHARE or rivals:
        return Usage.ASKED, "The short form has several meanings."
    reason = f"{share:.0%} of the definitions are this one; {_in_capitals(capitals)}."
    return Usage.ON if min(share, capitals) >= ON_SHARE else Usage.OFFERED, reason


def _in_capitals(share: float) -> str:
    return f"{share:.0%} of the papers with the short form have it in capitals"

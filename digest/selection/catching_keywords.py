"""Keywords that would have matched a paper, to add to a subscriber's list."""

import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from digest import paper_index
from digest.matching.index import PaperIndex
from digest.matching.query import Keyword, KeywordError, parse
from digest.matching.query.atoms import Phrase
from digest.matching.query.variants import words_anywhere
from digest.models import Paper
from digest.paper_texts import paper_text
from subscriptions.exclusions import phrases

MOST = 3
_KEYWORDS = 20  # whose wider forms are tried
_LONGEST = 80  # characters
_COMMON = 10  # a phrase in more than every tenth paper is too common


class CatchingKeyword(NamedTuple):
    """A keyword that matches the paper. `widens`: the subscriber's own keyword that it is the wider
    form of, "" for a new one. `papers`: how many of the last days that it matches."""

    text: str
    widens: str
    papers: int


def catching_keywords(
    paper: Paper, keywords: Sequence[Keyword], today: date
) -> list[CatchingKeyword]:
    """Return up to three: first wider forms of the subscriber's keywords, then what the paper's
    authors listed and phrases of its title, the rarest first."""
    alone = PaperIndex([paper_text(paper)])
    index, within = paper_index.recent_papers(paper_index.PREVIEW_DAYS, today)
    known = set(keywords)
    found: dict[Keyword, CatchingKeyword] = {}
    for keyword, widens in _wider_forms(keywords):
        if keyword not in known and alone.evaluate(keyword):
            count = (index.evaluate(keyword) & within).bit_count()
            found.setdefault(keyword, CatchingKeyword(keyword.text, widens, count))
    own = {
        keyword: (index.evaluate(keyword) & within).bit_count()
        for keyword in _own_phrases(paper)
        if keyword not in known and alone.evaluate(keyword)
    }
    most = max(1, within.bit_count() // _COMMON)
    rare = (keyword for keyword in own if own[keyword] <= most)
    for keyword in sorted(rare, key=lambda each: _weight(each, alone, own[each])):
        if not any(_contains(each, keyword) for each in found):
            found.setdefault(keyword, CatchingKeyword(keyword.text, "", own[keyword]))
    return list(found.values())[:MOST]


def _wider_forms(keywords: Sequence[Keyword]) -> Iterator[tuple[Keyword, str]]:
    for keyword in keywords[:_KEYWORDS]:
        if wide := words_anywhere(keyword):
            yield wide, keyword.text


def _own_phrases(paper: Paper) -> Iterator[Keyword]:
    for text in phrases(paper.title, paper.keywords):
        if not text or len(text) > _LONGEST or not text[0].isalnum():
            continue
        try:
            keyword = parse(text)
        except KeywordError:
            continue
        if isinstance(keyword.tree, Phrase) and not keyword.notes:
            yield keyword


def _weight(keyword: Keyword, alone: PaperIndex, count: int) -> tuple[bool, float]:
    """Sort key: phrases of several words first, then those that the paper says most often and
    others least."""
    (paper_id,) = alone.ids(alone.everything())
    times = sum(alone.counts(keyword, paper_id).values()) or 1
    return len(_words(keyword)) < 2, -times / math.log(2 + count)


def _contains(one: Keyword, other: Keyword) -> bool:
    own, others = _words(one), _words(other)
    return bool(own and others) and (own <= others or others <= own)


def _words(keyword: Keyword) -> frozenset[str]:
    tree = keyword.tree
    return frozenset(part.word for part in tree.parts) if isinstance(tree, Phrase) else frozenset()

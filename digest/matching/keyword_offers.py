"""What is offered beside a keyword: the same in the capitals typed, and the point releases of a
product. Neither is part of what the keyword means."""

import re

from .index import PaperIndex
from .index.exact_texts import contains_cased
from .query import Keyword, KeywordError, parse
from .query.atoms import Cased, Phrase
from .work_budget import UNLIMITED, WorkBudget

# The share of a keyword's hits in the capitals typed, below which these are offered.
_FEW_IN_CAPITALS = 0.7
_READ = 100  # newest hits whose capitals are compared
_MOST_RELEASES = 10  # 3.0 to 3.9
_MIN_PAPERS = 2  # that name a release
_LOOK_UP = 20  # steps to look up the names of all releases
_CAPITALS = re.compile(r"[^\W\d_]*[A-Z]\w*[A-Z]\w*")  # two in one word
_PRODUCT = re.compile(r"(?P<name>[^\W\d_][\w .+-]*?)(?P<number>[0-9]{1,3})")


def in_capitals(keyword: Keyword) -> Keyword | None:
    """The keyword in the capitals typed: `case:CLIP` for `CLIP`.

    None unless it is a phrase that has two capitals in one word.
    """
    text = keyword.in_our_language
    if not _is_plain(keyword) or not _CAPITALS.search(text):
        return None
    found = _parsed(f"case:{text}")
    is_same = found and isinstance(found.tree, Cased) and found.tree.phrase == keyword.tree
    return found if is_same else None


def offered_in_capitals(
    keyword: Keyword, index: PaperIndex, within: int, work: WorkBudget = UNLIMITED
) -> tuple[str, int] | None:
    """The keyword `in_capitals` and its number of hits `within` (bits), if some of the newest hits
    of the keyword have the capitals typed, but less than 70 %; else None.

    Counts its steps in `work`; raises TooBroad beyond its limit.
    """
    cased = in_capitals(keyword)
    share = share_in_capitals(keyword, index, within, work)
    if cased is None or not share or share >= _FEW_IN_CAPITALS:
        return None
    return cased.text, (index.evaluate(cased, work) & within).bit_count()


def share_in_capitals(
    keyword: Keyword, index: PaperIndex, within: int, work: WorkBudget = UNLIMITED
) -> float | None:
    """The share of the keyword's newest hits `within` (bits) that have the capitals typed.

    None for a keyword that `in_capitals` leaves alone, or without a hit. Reads 100 papers at most.
    Counts its steps in `work`; raises TooBroad beyond its limit.
    """
    cased = in_capitals(keyword)
    hits = index.newest(index.evaluate(keyword, work) & within, _READ) if cased else []
    if cased is None or not hits:
        return None
    tree = cased.tree
    assert isinstance(tree, Cased)
    papers = map(index.paper, hits)
    same = sum(any(contains_cased(t, tree, work) for t in (p.title, p.abstract)) for p in papers)
    return same / len(hits)


def point_releases(keyword: Keyword, index: PaperIndex, work: WorkBudget = UNLIMITED) -> list[str]:
    """The releases of a product that papers name, as keywords: `Llama 3.1` for `Llama 3`.

    Empty unless the keyword is a name and a whole number, which does not match its releases.
    Looks up ten names. Counts its steps in `work`; raises TooBroad beyond its limit.
    """
    text = keyword.in_our_language
    product = _PRODUCT.fullmatch(text) if _is_plain(keyword) else None
    if product is None:
        return []
    assert isinstance(keyword.tree, Phrase)
    words = [part.word for part in keyword.tree.parts]
    ends = {words[-1], "".join(words[-2:])}
    work.spend(_LOOK_UP)
    known = index.known_terms({f"{end}.{n}" for end in ends for n in range(_MOST_RELEASES)})
    found = []
    for n in range(_MOST_RELEASES):
        release = _parsed(f"{text}.{n}")
        if release is None or not any(f"{end}.{n}" in known for end in ends):
            continue
        if index.evaluate(release, work).bit_count() >= _MIN_PAPERS:
            found.append(release.text)
    return found


def _is_plain(keyword: Keyword) -> bool:
    """Whether a keyword is a phrase without field, quotes or anything to explain."""
    tree = keyword.tree
    is_phrase = isinstance(tree, Phrase) and not tree.field and not keyword.excludes
    return is_phrase and not keyword.notes and '"' not in keyword.in_our_language


def _parsed(text: str) -> Keyword | None:
    try:
        return parse(text)
    except KeywordError:
        return None

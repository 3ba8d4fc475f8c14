"""Which neighbours a digest shows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from digest.matching.index import PaperIndex
from digest.matching.query import Keyword
from digest.matching.similarity import has_topic
from digest.models.digest_contents import Neighbour
from digest.selection.window import Window

from .window_scores import ClosePaper, scores_of

MOST = 3


class NeighbourRequest(NamedTuple):
    """A window, a person's keywords, and the papers that they are sent or were shown."""

    window: Window
    keywords: Sequence[Keyword]
    seen: AbstractSet[int]

    @property
    def topics(self) -> list[Keyword]:
        return [keyword for keyword in self.keywords if has_topic(keyword)]


_Key = tuple[PaperIndex, int, int]  # index, after, through


def neighbours_of(requests: Sequence[NeighbourRequest]) -> list[tuple[Neighbour, ...]]:
    """At most three papers for each request, in their order, the closest first.

    None of them is hit or excluded by a keyword, withdrawn, or seen before. The keywords of one
    window take a query and a pass over its papers together. A window too old for the shared index
    has none.
    """
    asked: dict[_Key, list[Keyword]] = defaultdict(list)
    for request in requests:
        if (key := _key(request.window)) is not None:
            asked[key] += request.topics
    close = {key: scores_of(*key).of(words, key[0]) for key, words in asked.items() if words}
    none: Mapping[str, tuple[ClosePaper, ...]] = {}
    found = []
    for request in requests:
        key = _key(request.window)
        found.append(_chosen(request, none if key is None else close.get(key, none)))
    return found


def _key(window: Window) -> _Key | None:
    if not isinstance(window.index, PaperIndex) or window.after >= window.through:
        return None
    return window.index, window.after, window.through


def _chosen(
    request: NeighbourRequest, close: Mapping[str, tuple[ClosePaper, ...]]
) -> tuple[Neighbour, ...]:
    window = request.window
    best: dict[int, tuple[float, str]] = {}  # paper -> its closest keyword
    for keyword in request.topics:
        for cosine, paper in close.get(keyword.canonical, ()):
            if paper not in best or cosine > best[paper][0]:
                best[paper] = cosine, keyword.text
    if not best:
        return ()
    bits = window.bits
    for keyword in request.keywords:
        bits &= ~window.index.evaluate(keyword)
    allowed = set(window.index.ids(window.index.mask(best) & bits))
    found = []
    for paper in sorted(best, key=lambda each: (-best[each][0], each)):
        known_as = (paper, *window.flags_of(paper).former)
        if paper in allowed and request.seen.isdisjoint(known_as):
            found.append(Neighbour(paper, best[paper][1]))
    return tuple(found[:MOST])

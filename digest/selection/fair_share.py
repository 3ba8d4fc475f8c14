"""A fair share for each keyword where a mail has less room than papers match."""

from collections.abc import Sequence


def fair_share(hits: Sequence[Sequence[str]], room: int) -> list[int]:
    """The places of at most `room` papers, in their order, given the keywords that hit each, best
    paper first. A paper without a keyword counts as one of the trending papers.

    In round n each keyword gets its best paper that is not chosen yet, unless n of its papers are:
    so every keyword has as many as any other, or all of its own. The places for less room are
    among those for more.
    """
    if len(hits) <= room:
        return list(range(len(hits)))
    waiting: dict[str, list[int]] = {}
    for place, keywords in enumerate(hits):
        for keyword in keywords or ("",):
            waiting.setdefault(keyword, []).append(place)
    for places in waiting.values():
        places.reverse()  # the best is taken from the end
    chosen: set[int] = set()
    had = dict.fromkeys(waiting, 0)
    number = 0
    while len(chosen) < room:
        number += 1
        for keyword, places in waiting.items():
            while places and places[-1] in chosen:
                places.pop()
            if had[keyword] >= number or not places or len(chosen) >= room:
                continue
            place = places.pop()
            chosen.add(place)
            for each in hits[place] or ("",):
                had[each] += 1
    return sorted(chosen)

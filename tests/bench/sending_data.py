"""Data for the sending bench: a thousand papers, and very many people whose digests are due."""

import random
import re
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise, product
from operator import or_

import django

from digest.matching.index import CompiledKeywords, PaperIndex, PaperText
from digest.matching.query import parse
from tests.matching import samples

from . import corpus

PAPERS, KEYWORDS, EACH, MEDIAN = 1000, 20_000, 3, 10
_WORD = re.compile(r"[a-z][a-z0-9]*")
_RESERVED = {"and", "or", "not", "near"}


def make(readers: int, others: int) -> None:
    """`readers` people with planned digests; `others` more, whose digests are due later."""
    from digest.sending import planning
    from digest.simulation import bulk_rows, invented_people
    from digest.simulation.invented_people import drawn_keywords

    now = datetime.now(UTC)
    texts = samples.papers(PAPERS) if samples.LISTED.exists() else corpus.papers(PAPERS)
    _papers(texts, now)
    bulk_rows.subscribers(readers, now)
    invented_people.insert_subscriptions(drawn_keywords(keywords(texts), readers, EACH), now)
    assert planning.plan(now)["planned"] == readers
    if others:
        # None of them comes due while the bench runs.
        later = now + timedelta(days=2)
        bulk_rows.subscribers(others, later, after=readers)
        assert planning.plan(later)["planned"] >= others
    bulk_rows.analyze()


def _papers(texts: Sequence[PaperText], now: datetime) -> None:
    from digest.ingest.papers.dedupe import title_key
    from digest.models import Catalogue, Paper

    Paper.objects.bulk_create(
        Paper(
            arxiv_id=f"2611.{number:05}", title=text.title, title_key=title_key(text.title),
            abstract=text.abstract, authors=list(text.authors), organization=text.organization,
            author_count=len(text.authors), published_on=text.published_on,
            listed_on=now.date(), url=f"https://arxiv.org/abs/2611.{number:05}",
            comment_count=text.comment_count, seq=number, change=number,
        )
        for number, text in enumerate(texts, 1)
    )  # fmt: skip
    Catalogue.objects.update_or_create(
        pk=1, defaults={"newest_seq": len(texts), "change": len(texts)}
    )


def keywords(texts: Sequence[PaperText]) -> list[str]:
    """KEYWORDS words and phrases of these papers, most frequent first, such that the median
    reader has MEDIAN papers."""
    from digest.simulation.invented_people import drawn_keywords

    hits = _hits(texts)
    for most, seed in product(range(3, 40), range(5)):
        chosen = [text for text, found in hits.items() if 1 < found.bit_count() <= most]
        random.Random(seed).shuffle(chosen)
        chosen = chosen[:KEYWORDS]
        papers = [
            reduce(or_, map(hits.__getitem__, each)).bit_count()
            for each in drawn_keywords(chosen, 2000, EACH)
        ]
        if len(chosen) == KEYWORDS and statistics.median(papers) == MEDIAN:
            return chosen
    raise ValueError("these papers have too few words for the bench")


def _hits(texts: Sequence[PaperText]) -> dict[str, int]:
    """Words of four letters and pairs of neighbours -> the papers they hit, as bits."""
    index = PaperIndex(texts)
    compiled = CompiledKeywords(map(parse, _texts(texts)))
    found = zip(compiled.keywords, index.evaluate_all(compiled), strict=True)
    return {keyword.text: bits for keyword, bits in found}


def _texts(texts: Sequence[PaperText]) -> list[str]:
    """The words and pairs that occur in more than one title or abstract."""
    counts: Counter[str] = Counter()
    for paper in texts:
        for part in (paper.title, paper.abstract):
            words = [word for word in _WORD.findall(part.lower()) if word not in _RESERVED]
            counts.update({word for word in words if len(word) > 3})
            counts.update({" ".join(pair) for pair in pairwise(words)})
    return sorted(text for text, count in counts.items() if count > 1)


if __name__ == "__main__":
    django.setup()
    make(int(sys.argv[1]), int(sys.argv[2]))

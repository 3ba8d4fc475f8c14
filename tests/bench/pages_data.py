"""Data for the pages bench: a site of 100,000 subscribers and 31,500 papers.

Prints one JSON object: the paths of the pages, and keywords that occur in the papers.
"""

import json
import random
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import django

from digest.matching.index import PaperText
from tests.matching import samples

from . import corpus

PAPERS, DAYS = 31_500, 45
READER_KEYWORDS, READER_DIGESTS, LARGE_DIGEST = 12, 40, 347
PREVIEWED = 3000
_WORD = re.compile(r"[a-z]{4,}")
_READER = 1


def make(people: int) -> dict[str, object]:
    """Insert everything; return the paths of the pages by name, and the keywords to preview."""
    from digest.simulation import bulk_rows

    now = datetime.now(UTC)
    texts = _texts()
    bulk_rows.subscribers(people, now + timedelta(days=1))
    _store_papers(texts, now)
    keywords = list(islice(_keywords(texts), PREVIEWED + 1000))
    _store_keywords(people, keywords[PREVIEWED:], now)
    _store_digests(people, now)
    digest = _store_reader(keywords[PREVIEWED:], now)
    bulk_rows.analyze()
    return {"paths": _paths(digest), "keywords": keywords[:PREVIEWED]}


def _texts() -> list[PaperText]:
    found = samples.papers() if samples.LISTED.exists() else corpus.papers(PAPERS)
    return [found[number % len(found)] for number in range(PAPERS)]


def _listed_on(number: int, today: date) -> date:
    """Papers are numbered from 1 and spread evenly over the last DAYS days, today's last."""
    return today - timedelta(days=DAYS - 1 - (number - 1) * DAYS // PAPERS)


def _store_papers(texts: Sequence[PaperText], now: datetime) -> None:
    from digest.ingest.papers.dedupe import title_key
    from digest.models import Catalogue, Dump, Listing, Paper

    today = now.date()
    papers = [
        Paper(
            id=number, arxiv_id=f"2611.{number:05}", title=text.title,
            title_key=title_key(text.title), abstract=text.abstract, authors=list(text.authors),
            organization=text.organization, author_count=len(text.authors),
            published_on=text.published_on, listed_on=_listed_on(number, today),
            url=f"https://arxiv.org/abs/2611.{number:05}", upvotes=text.upvotes,
            comment_count=text.comment_count, seq=number, change=number,
        )
        for number, text in enumerate(texts, 1)
    ]  # fmt: skip
    Paper.objects.bulk_create(papers, batch_size=1000)
    Catalogue.objects.update_or_create(pk=1, defaults={"newest_seq": PAPERS, "change": PAPERS})
    a_day = PAPERS // DAYS
    dumps = [
        Dump(
            sha256=f"{number:064x}", name=f"{number}.txt", size=1, state=Dump.State.PARSED,
            received_at=now - timedelta(days=DAYS - 1 - number), papers=a_day, new=a_day,
            listed_on=today - timedelta(days=DAYS - 1 - number),
        )
        for number in range(DAYS)
    ]  # fmt: skip
    Dump.objects.bulk_create(dumps)
    listings = (
        Listing(
            paper=paper, dump=dumps[number // a_day], position=number % a_day + 1,
            title_key=paper.title_key, record={},
        )
        for number, paper in enumerate(papers)
    )  # fmt: skip
    Listing.objects.bulk_create(listings, batch_size=1000)


def _keywords(texts: Sequence[PaperText]) -> Iterator[str]:
    """Different keywords of one to three neighbouring words of the titles."""
    drawn, known = random.Random(16), set[str]()
    while True:
        words = _WORD.findall(drawn.choice(texts).title.lower())
        size = drawn.choice((1, 2, 2, 3))
        start = drawn.randrange(max(1, len(words) - size + 1))
        text = " ".join(words[start : start + size])
        if text and text not in known:
            known.add(text)
            yield text


def _store_keywords(people: int, keywords: Sequence[str], now: datetime) -> None:
    """Three for everybody, by Zipf's law; READER_KEYWORDS for the reader."""
    from django.db import connection

    from digest.simulation import bulk_rows
    from subscriptions.models import Subscription

    drawn = random.Random(7)
    weights = [1 / rank for rank in range(1, len(keywords) + 1)]
    moment = Subscription._meta.get_field("created_at").get_db_prep_save(now, connection)

    def rows() -> Iterator[Sequence[object]]:
        for number in range(1, people + 1):
            mine: Iterable[str] = dict.fromkeys(drawn.choices(keywords, weights, k=3))
            if number == _READER:
                mine = keywords[:READER_KEYWORDS]
            for text in mine:
                yield number, text, True, moment

    bulk_rows.insert(Subscription, ("subscriber_id", "text", "active", "created_at"), rows())


def _store_digests(people: int, now: datetime) -> None:
    """Yesterday's digest of everybody but the reader."""
    from digest.models import Digest

    day = now - timedelta(days=1)
    rows = (
        _digest(number, day, range(PAPERS - number % 500 - 4, PAPERS - number % 500), ("model",))
        for number in range(1, people + 1)
        if number != _READER
    )
    Digest.objects.bulk_create(rows, batch_size=2000)


def _store_reader(keywords: Sequence[str], now: datetime) -> int:
    """The reader's digests, ratings and saved papers; the id of a digest of usual length."""
    from digest.models import Digest
    from subscriptions.models import Rating, SavedPaper

    drawn = random.Random(8)
    digests = []
    for days in range(READER_DIGESTS):
        size = LARGE_DIGEST if days == 5 else drawn.randint(8, 30)
        newest = PAPERS - days * (PAPERS // DAYS)
        found = sorted(drawn.sample(range(newest - 600, newest + 1), size))
        hit = tuple(drawn.sample(keywords[:READER_KEYWORDS], 2))
        digests.append(_digest(_READER, now - timedelta(days=days), found, hit))
    made = Digest.objects.bulk_create(digests)
    papers = range(PAPERS - 20, PAPERS)
    Rating.objects.bulk_create(Rating(subscriber_id=_READER, paper_id=n, value=1) for n in papers)
    SavedPaper.objects.bulk_create(SavedPaper(subscriber_id=_READER, paper_id=n) for n in papers)
    return made[0].pk


def _digest(person: int, at: datetime, papers: Iterable[int], keywords: tuple[str, ...]) -> object:
    from digest.models import Digest, DigestEntry, State

    entries = [
        DigestEntry(paper, (keywords[place % len(keywords)],), "title hit")
        for place, paper in enumerate(papers)
    ]
    return Digest(
        subscriber_id=person, local_date=at.date(), state=State.SENT, not_before=at,
        expires_at=at + timedelta(hours=23), composed_at=at, from_seq=0, to_seq=PAPERS,
        entries=entries, papers_read=700,
    )  # fmt: skip


def _paths(digest: int) -> dict[str, str]:
    """Name of a page -> its path."""
    from django.urls import reverse

    from subscriptions.links import Purpose, token

    own = [token(Purpose.PREFERENCES, _READER)]
    wanted: dict[str, tuple[str, list[object]]] = {
        "home": ("home", []),
        "preferences": ("preferences", [*own]),
        "history": ("reader-history", [*own]),
        "a past digest": ("reader-digest", [*own, digest]),
        "digest": ("digest", [token(Purpose.DIGEST, digest)]),
        f"digest of {LARGE_DIGEST} papers": ("digest", [token(Purpose.DIGEST, digest + 5)]),
        "paper": ("paper", [PAPERS]),
        "preview": ("keyword_preview", []),
    }
    return {page: reverse(name, args=arguments) for page, (name, arguments) in wanted.items()}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(make(int(sys.argv[1]))))

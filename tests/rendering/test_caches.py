"""What is kept between mails stays within its bounds and is never old."""

import pytest
from pytest_django import Settings

from digest.models import Catalogue, Paper
from digest.rendering import caches
from digest.rendering.caches import CardCache, CardPieces, papers_by_id
from tests.support import factories

FRAME = b"f" * 150_000
BIG = CardPieces((FRAME, b"h" * 200_000), (FRAME, b"t" * 99_200))  # 300 kB but for its frame


def test_cards_stay_within_their_memory(settings: Settings) -> None:
    settings.CARD_CACHE_MB = 1
    cache = CardCache()
    for key in ("a", "b", "a", "c", "a"):
        assert cache.get(key, lambda: BIG) is BIG
    assert tuple(cache.info()) == (2, 3, 2, 900_000)  # b went, for a was asked for since
    small = CardPieces((b"",), (b"",))
    assert cache.get("a", lambda: small) is BIG
    assert cache.get("b", lambda: small) is small
    assert tuple(cache.info())[2:] == (3, 900_800)


def test_a_frame_weighs_as_long_as_a_card_has_it(settings: Settings) -> None:
    settings.CARD_CACHE_MB = 1
    cache = CardCache()
    for number in range(4):
        other = CardPieces((bytes([number]) * 500_000, b""), (b"", b""))
        cache.get(number, lambda other=other: other)  # type: ignore[misc]
    assert tuple(cache.info())[2:] == (1, 500_800)
    cache.get("a", lambda: BIG)
    cache.get("b", lambda: BIG)
    assert tuple(cache.info())[2:] == (2, 900_000)


def test_frames_that_are_alike_in_one_form_weigh_each_by_themselves(settings: Settings) -> None:
    settings.CARD_CACHE_MB = 1
    cache = CardCache()
    for title in (b"short", b"long" * 100):
        made = CardPieces((FRAME, b""), (title, b""))
        cache.get(title, lambda made=made: made)  # type: ignore[misc]
    assert tuple(cache.info())[2:] == (2, 2 * 150_800 + 405)
    settings.CARD_CACHE_MB = 0
    cache.get("another", lambda: BIG)
    assert tuple(cache.info())[2:] == (0, 0)


def test_nothing_is_kept_without_memory(settings: Settings) -> None:
    settings.CARD_CACHE_MB = 0
    cache = CardCache()
    assert cache.get("a", lambda: BIG) is BIG
    assert tuple(cache.info()) == (0, 1, 0, 0)


@pytest.mark.django_db
class TestShelf:
    def test_papers_are_read_once(self, django_assert_num_queries: object) -> None:
        papers = [factories.paper(f"Paper {number}") for number in range(3)]
        with django_assert_num_queries(2):  # type: ignore[operator]
            found = papers_by_id(paper.pk for paper in papers)
        with django_assert_num_queries(1):  # type: ignore[operator]
            again = papers_by_id([papers[0].pk])
        assert again[papers[0].pk] is found[papers[0].pk]

    def test_a_change_has_them_read_anew(self) -> None:
        paper = factories.paper("As it was")
        assert papers_by_id([paper.pk])[paper.pk].title == "As it was"
        Paper.objects.filter(pk=paper.pk).update(title="As it is", change=2)
        Catalogue.objects.update(change=2)
        assert papers_by_id([paper.pk])[paper.pk].title == "As it is"

    def test_only_so_many_are_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(caches, "MOST", 3)
        papers = [factories.paper(f"Paper {number}").pk for number in range(5)]
        papers_by_id(papers[:3])
        assert len(papers_by_id(papers[3:])) == 2
        assert papers_by_id(papers).keys() == set(papers)

    def test_one_that_is_gone_is_missing(self) -> None:
        paper = factories.paper()
        assert papers_by_id([paper.pk + 1, paper.pk]).keys() == {paper.pk}


def test_the_counters_are_there_to_be_read() -> None:
    assert caches.card_cache_info() == (0, 0, 0, 0)

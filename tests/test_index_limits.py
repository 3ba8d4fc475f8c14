"""INDEX_MB: what indexes weigh together, and that the limit changes no digest."""

from datetime import timedelta
from typing import Any
from weakref import WeakSet

import pytest
from django.utils import timezone

from digest import paper_index
from digest.matching.index import IncompleteIndex, PaperIndex
from digest.matching.index import bitset_index as index_module
from digest.matching.index import block as block_module
from digest.matching.query import parse
from digest.matching.sliced_index import IndexView, SlicedIndex
from digest.models import Digest, Paper
from digest.selection.active_keywords import active_keywords_of
from digest.selection.contents import contents_of
from tests.matching.small_papers import paper as text_of
from tests.support import factories

pytestmark = pytest.mark.django_db
WORDS = [
    "robot",
    "kettle",
    "graph",
    "speech",
    "protein",
    "vision",
    "model",
    "learning",
    "pre-training",
    "data",
]
KEYWORDS = (
    "robot", "graph model", '"speech protein"', "vision OR kettle", "pretraining data", "lear*",
    '"data model"~3', "title:robot", "model AND (data OR graph)",
)  # fmt: skip


def title(number: int) -> str:
    return " ".join(WORDS[number * step % len(WORDS)] for step in (1, 3, 7, 11))


class Watch:
    """The indexes alive, and the most that they held and weighed at any time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.alive: WeakSet[PaperIndex] = WeakSet()
        self.most_papers, self.most_bytes, self.built = 0, 0, 0
        make_index = PaperIndex.__init__

        def watched(index: PaperIndex, *args: Any, **more: Any) -> None:
            make_index(index, *args, **more)
            self.alive.add(index)
            self.look()
            self.built += 1

        monkeypatch.setattr(PaperIndex, "__init__", watched)

    def look(self) -> None:
        self.most_papers = max(self.most_papers, sum(map(len, self.alive)))
        self.most_bytes = max(self.most_bytes, sum(each.nbytes for each in self.alive))


def papers_of_90_days(each_day: int, abstract: str) -> int:
    """The number of the newest; most are older than the shared index reaches."""
    today = timezone.now().date()
    for day in range(90, -1, -1):
        for _ in range(each_day):
            number = Paper.objects.count()
            factories.paper(
                title(number),
                abstract=f"{abstract} {title(number + 5)}",
                listed_on=today - timedelta(days=day),
                upvotes=number * 7 % 23,
            )
    return Paper.objects.count()


def due(people: int, newest: int) -> list[Digest]:
    """A digest for each; their watermarks are spread over the 90 days."""
    digests = []
    for number in range(people):
        words = [KEYWORDS[(number + step) % len(KEYWORDS)] for step in range(3)]
        person = factories.subscriber(
            f"p{number}@example.org",
            *words,
            *(["-kettle"] if number % 4 == 0 else []),
            confirmed_through_seq=number * newest // people,
            trending_top=number % 3,
        )
        digests.append(Digest(subscriber=person, local_date=timezone.now().date()))
    return digests


def contents(digests: list[Digest]) -> list[Any]:
    wanted = active_keywords_of(digest.subscriber_id for digest in digests)
    return contents_of(digests, wanted, timezone.now())


def private_index_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old window is an index of its own, as large as it may be."""

    def newest_after(wanted: Any) -> dict[int, paper_index.IndexedWindow]:
        shared = paper_index._current(timezone.now().date()).index
        found = {}
        for mark in wanted:
            through = max(mark, shared.through)
            index, bits = paper_index.index_for(mark, through)
            found[mark] = paper_index.IndexedWindow(
                index, bits, mark, through, shared.change, shared
            )
        return found

    monkeypatch.setattr(paper_index, "windows_after", newest_after)


@pytest.mark.slow
def test_a_hundred_marks_over_90_days_stay_within_the_cap_and_get_the_same(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INDEX_DAYS = 10
    newest = papers_of_90_days(4, "Every paper says much the same of its words. " * 50)
    digests = due(100, newest)
    settings.INDEX_MB = 1
    paper_index._shared = None
    with monkeypatch.context() as watched:
        watch = Watch(watched)
        found = contents(digests)
    # 8 days of papers at least, and a slice of the rest: of 364 papers, never half.
    assert watch.most_bytes <= 1_000_000
    assert watch.most_papers < newest // 2
    assert 3 <= watch.built < 30
    settings.INDEX_MB = 256
    paper_index._shared = None
    with monkeypatch.context() as patched:
        private_index_each(patched)
        assert contents(digests) == found
    assert len({each.after for each in found}) == 100
    assert sum(len(each.entries) for each in found) > 2_500


def test_the_cap_changes_no_digest(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.INDEX_DAYS = 10
    newest = papers_of_90_days(1, "In short")
    digests = due(12, newest)
    settings.INDEX_MB = 0
    with monkeypatch.context() as watched:
        watch = Watch(watched)
        found = contents(digests)
    assert watch.built > newest // 2  # a slice a paper
    settings.INDEX_MB = 256
    paper_index._shared = None
    private_index_each(monkeypatch)
    assert contents(digests) == found
    assert sum(len(each.entries) for each in found) > 50


def test_the_shared_index_holds_as_many_days_as_fit_and_never_less_than_eight(
    settings: Any,
) -> None:
    today = timezone.now().date()
    papers_of_90_days(1, "word " * 2_000)
    settings.INDEX_MB = 1
    assert paper_index.days_covered(400, today) in range(22, 26)  # 42 kB a paper, by the estimate
    assert len(paper_index.recent_papers(400, today)[0]) == paper_index.days_covered(400, today) + 1
    settings.INDEX_MB = 0
    paper_index._shared = None
    assert paper_index.days_covered(400, today) == paper_index.MIN_DAYS
    assert paper_index.days_covered(5, today) == 5


@pytest.mark.slow
def test_an_index_that_outgrew_the_cap_drops_its_oldest_days(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (index_module, block_module):
        monkeypatch.setattr(module, "BLOCK_SIZE", 16)
    today = timezone.now().date()
    for number in range(20):
        abstract = " ".join(f"word{n}of{number}" for n in range(2_000))
        factories.paper(f"Old {number}", abstract=abstract, listed_on=today - timedelta(days=30))
    for number in range(20):
        factories.paper(f"New {number}", listed_on=today)
    before = paper_index.index_for(30, 40)[0]
    assert paper_index.days_covered(400, today) == 45
    settings.INDEX_MB = 1
    factories.paper("One more", listed_on=today)
    index, bits = paper_index.index_for(30, 41)
    assert bits.bit_count() == 11
    assert paper_index.days_covered(400, today) < 30
    assert (len(index), index.after) == (41 - 16, 16)  # a whole block goes
    assert index._blocks[0] is before._blocks[1]
    assert paper_index.index_for(0, 41)[1].bit_count() == 41  # what it holds no more is read again


def test_a_sample_is_a_view_of_the_shared_index() -> None:
    today = timezone.now().date()
    for number in range(5):
        factories.paper(title(number), listed_on=today - timedelta(days=number))
    robot = parse("robot")
    view = paper_index.view_of(Paper.objects.listed_from(today - timedelta(days=2)), [robot])
    assert view.index is paper_index.index_for(0, 5)[0]
    assert len(view) == 3
    assert view.evaluate(robot) & ~view.bits == 0


def test_what_was_not_looked_for_raises() -> None:
    papers = [text_of(n, "cat dog") for n in range(1, 4)]
    swept = SlicedIndex([papers[:2], papers[2:]], [parse("cat")], range(1, 4))
    assert swept.ids(swept.evaluate(parse("cat"))) == [1, 2, 3]
    with pytest.raises(IncompleteIndex):
        swept.evaluate(parse("dog"))
    with pytest.raises(IncompleteIndex):
        IndexView(swept, 1).evaluate(parse("dog"))
    for after, through in ((-1, 3), (0, 4)):
        with pytest.raises(IncompleteIndex):
            swept.window(after, through)
    with pytest.raises(IncompleteIndex):
        swept.mask([4])


def test_keywords_handed_over_one_by_one_are_all_looked_for() -> None:
    papers = [text_of(n, "cat dog") for n in range(1, 4)]
    swept = SlicedIndex([papers], map(parse, ["cat", "dog"]), range(1, 4))
    assert swept.evaluate(parse("dog")) == 0b111


def test_a_changed_paper_is_read_anew_and_the_old_index_stays_as_it_was() -> None:
    papers = [text_of(n, f"cat w{n}") for n in range(1, 1_031)]
    old = PaperIndex(papers, through=1_030)
    changed = [text_of(2, "dog"), text_of(3, "cat w3", upvotes=9), text_of(2_000, "dog")]
    new = old.updated_copy(changed, keep=lambda facts: True, through=2_000, change=1)
    assert old.ids(old.evaluate(parse("w2"))) == [2]
    assert new.ids(new.evaluate(parse("dog"))) == [2, 2_000]
    assert new.evaluate(parse("w2")) == 0
    assert new.metadata(3).upvotes == 9
    assert new._blocks[1] is old._blocks[1]
    assert new._blocks[0] is not old._blocks[0]


def test_attention_alone_builds_nothing() -> None:
    old = PaperIndex([text_of(n, "cat") for n in range(1, 5)], through=4)
    new = old.updated_copy(
        [text_of(3, "cat", comment_count=4)], keep=lambda facts: True, through=4, change=1
    )
    assert new._blocks == old._blocks
    assert new.metadata(3).comment_count == 4


def test_an_index_knows_what_it_weighs() -> None:
    words = " ".join(f"word{n % 400} beside{n % 90}" for n in range(500))
    sizes = [
        PaperIndex([text_of(n, "cat", words) for n in range(count)]).nbytes for count in (9, 90)
    ]
    assert 3 < sizes[1] / sizes[0] < 10
    assert 30_000 < sizes[0] < 600_000

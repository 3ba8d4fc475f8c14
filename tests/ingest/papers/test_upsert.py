"""Records into papers: which are new, which are numbered, what changed."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from digest.ingest.formats import Page, Record
from digest.ingest.papers.upsert import Counts, TooManyNew, upsert
from digest.models import Catalogue, Listing, Paper, Source
from tests.ingest.formats.listing_pages import make_dump, store_records

pytestmark = pytest.mark.django_db
OLD, NEW = date(2026, 11, 1), date(2026, 11, 20)


def seqs() -> dict[str, int | None]:
    return dict(Paper.objects.values_list("title", "seq"))


def test_new_papers_are_numbered_in_the_order_of_the_page() -> None:
    assert store_records("a", Record("Z", "z"), Record("A", "a"), Record("M", "m")) == Counts(
        3, 0, 0
    )
    assert seqs() == {"Z": 1, "A": 2, "M": 3}
    assert store_records("b", Record("B", "b"), Record("A", "a")) == Counts(1, 0, 1)
    assert seqs() == {"Z": 1, "A": 2, "M": 3, "B": 4}
    assert Catalogue.current().newest_seq == 4


def test_the_same_again_changes_nothing() -> None:
    store_records("a", Record("A", "a"), Record("B", "b"))
    change = Catalogue.current().change
    assert store_records("a", Record("A", "a"), Record("B", "b")) == Counts(0, 0, 2)
    assert Catalogue.current().change == change
    assert Listing.objects.count() == 2


def test_changed_papers_carry_the_change() -> None:
    store_records("a", Record("A", "a"), Record("B", "b"), listed_on=OLD)
    first = Catalogue.current().change
    assert store_records("b", Record("A", "a", comment_count=3), listed_on=NEW) == Counts(0, 1, 0)
    assert list(Paper.objects.changed_since(first).values_list("title", "seq")) == [("A", 1)]
    assert Catalogue.current().change == first + 1


def test_one_paper_twice_on_a_page_is_one() -> None:
    assert store_records("a", Record("A", "a"), Record("a!", "b")) == Counts(1, 0, 0)
    assert Paper.objects.get().title == "a!"
    assert Listing.objects.count() == 2


def test_backfill_gets_no_number_and_keeps_none() -> None:
    store_records("a", Record("A", "a"), intent="backfill")
    assert store_records("b", Record("A", "a"), Record("B", "b")) == Counts(1, 0, 1)
    assert seqs() == {"A": None, "B": 1}


def test_said_to_be_new_backfill_is_numbered_after_all() -> None:
    store_records("a", Record("A", "a"), intent="backfill")
    assert store_records("b", Record("A", "a"), intent="new") == Counts(0, 1, 0)
    assert seqs() == {"A": 1}
    assert not Paper.objects.get().renumbered


class TestTooMany:
    @pytest.fixture(autouse=True)
    def limit(self, settings: object) -> None:
        settings.NEW_PAPERS_LIMIT = 2  # type: ignore[attr-defined]

    def test_waits_and_stores_nothing(self) -> None:
        with pytest.raises(TooManyNew) as wrong, transaction.atomic():
            store_records("a", *(Record(name, "x") for name in "ABC"))
        assert wrong.value.count == 3
        assert not Paper.objects.exists()

    def test_known_papers_do_not_count(self) -> None:
        store_records("a", Record("A", "x"), Record("B", "x"))
        assert store_records("b", *(Record(name, "x") for name in "ABCD")) == Counts(2, 0, 2)

    @pytest.mark.parametrize(("intent", "newest"), [("new", 3), ("backfill", 0)])
    def test_an_operator_decides(self, intent: str, newest: int) -> None:
        store_records("a", *(Record(name, "x") for name in "ABC"), intent=intent)
        assert Catalogue.current().newest_seq == newest


class TestAbstractArrivesLater:
    @pytest.mark.parametrize("intent", ["auto", "backfill"])
    def test_a_numbered_paper_is_numbered_anew(self, intent: str) -> None:
        store_records("a", Record("A"), Record("B", "b"))
        assert store_records("b", Record("A", "a"), intent=intent) == Counts(0, 1, 0)
        paper = Paper.objects.get(title="A")
        assert (paper.seq, paper.renumbered) == (3, True)

    def test_backfill_is_not(self) -> None:
        store_records("a", Record("A"), intent="backfill")
        store_records("b", Record("A", "a"))
        paper = Paper.objects.get()
        assert (paper.seq, paper.renumbered, paper.abstract) == (None, False, "a")


class TestIdentity:
    def test_a_record_with_an_id_joins_one_without(self) -> None:
        store_records("a", Record("A", "a"))
        assert store_records("b", Record("A", "a", arxiv_id="2501.1")) == Counts(0, 1, 0)
        paper = Paper.objects.get()
        assert (paper.seq, paper.arxiv_id) == (1, "2501.1")

    def test_two_ids_with_one_title_stay_two(self) -> None:
        one, other = Record("A", "a", arxiv_id="2501.1"), Record("A", "b", arxiv_id="2501.2")
        store_records("a", other, one)
        assert store_records("b", Record("A", "c")) == Counts(0, 1, 0)
        assert Paper.objects.get(arxiv_id="2501.1").abstract == "c"
        assert Paper.objects.get(arxiv_id="2501.2").abstract == "b"

    def test_a_listing_moves_to_the_lower_id(self) -> None:
        store_records("a", Record("A", "a", arxiv_id="2501.2"), listed_on=OLD)
        store_records("b", Record("A", "from b"), listed_on=NEW)
        assert Paper.objects.get().abstract == "from b"
        assert store_records("c", Record("A", "c", arxiv_id="2501.1"), listed_on=OLD) == Counts(
            1, 0, 0
        )
        assert Paper.objects.get(arxiv_id="2501.2").abstract == "a"
        assert Paper.objects.get(arxiv_id="2501.1").abstract == "from b"

    def test_two_papers_that_prove_to_be_one_are_joined(self) -> None:
        store_records("a", Record("A", "a", doi="10.1/x"))
        store_records("b", Record("Another title", "b", arxiv_id="2501.1", upvotes=5))
        both = Record("A", "c", arxiv_id="2501.1", doi="10.1/x")
        assert store_records("c", both) == Counts(0, 1, 0)
        paper = Paper.objects.get()
        assert (paper.seq, paper.arxiv_id, paper.doi, paper.upvotes) == (3, "2501.1", "10.1/x", 5)
        assert paper.listings.count() == 3

    def test_a_numbered_paper_outlives_backfill(self) -> None:
        store_records("a", Record("A", "a", doi="10.1/x"), intent="backfill")
        store_records("b", Record("B", "b", arxiv_id="2501.1"))
        store_records("c", Record("A", "c", arxiv_id="2501.1", doi="10.1/x"))
        assert Paper.objects.get().seq == 1


class TestReadAgain:
    """The same dump with other flags: its old listings make room for the new ones."""

    def test_what_stays_keeps_its_row(self) -> None:
        store_records("a", Record("A", "a"), Record("B", "b"))
        ids = dict(Paper.objects.values_list("title", "pk"))
        counts = store_records("a", Record("B", "b"), Record("A", "a2"), listed_on=OLD)
        assert counts == Counts(0, 2, 0)
        assert dict(Paper.objects.values_list("title", "pk")) == ids
        assert set(Paper.objects.values_list("listed_on", flat=True)) == {OLD}
        assert seqs() == {"A": 1, "B": 2}

    def test_what_no_dump_lists_any_more_goes(self) -> None:
        store_records("a", Record("A", "a"), Record("B", "b"))
        change = Catalogue.current().change
        assert store_records("a", Record("A", "a")) == Counts(0, 0, 1)
        assert list(Paper.objects.values_list("title", flat=True)) == ["A"]
        assert Catalogue.current().change == change + 1

    def test_a_lost_id_leaves_the_paper_its_row(self) -> None:
        store_records("a", Record("A", "a"))
        store_records("b", Record("A", "a", arxiv_id="2501.1"))
        store_records("b", Record("Quite another", "b"))
        assert seqs() == {"A": 1, "Quite another": 2}
        assert Paper.objects.get(title="A").arxiv_id is None


class TestTwoNumberedPapersProveToBeOne:
    """A reader between the two numbers must neither lose the paper nor get it twice."""

    @pytest.fixture
    def ids(self) -> dict[str, int]:
        store_records(
            "a", Record("One", "a", doi="10.1/x"), Record("Other", "b", arxiv_id="2501.1")
        )
        ids = dict(Paper.objects.values_list("title", "pk"))
        store_records("b", Record("One", "c", arxiv_id="2501.1", doi="10.1/x"), listed_on=NEW)
        return ids

    def test_the_paper_is_numbered_anew_and_remembers_what_it_was(
        self, ids: dict[str, int]
    ) -> None:
        paper = Paper.objects.get()
        assert (paper.seq, paper.renumbered) == (3, True)
        assert {paper.pk, *paper.former} == set(ids.values())

    def test_it_remembers_for_good(self, ids: dict[str, int]) -> None:
        store_records("c", Record("Third", "c", doi="10.1/y"))
        third = Paper.objects.get(title="Third").pk
        store_records("d", Record("Third", "c", arxiv_id="2501.1", doi="10.1/y"), listed_on=OLD)
        paper = Paper.objects.get()
        assert (paper.seq, {paper.pk, *paper.former}) == (5, {*ids.values(), third})

    @pytest.mark.usefixtures("ids")
    def test_joined_it_is_not_numbered_again(self) -> None:
        change = Catalogue.current().change
        assert store_records(
            "b", Record("One", "c", arxiv_id="2501.1", doi="10.1/x"), listed_on=NEW
        ) == (Counts(0, 0, 1))
        assert (Paper.objects.get().seq, Catalogue.current().change) == (3, change)

    def test_a_paper_that_was_never_mailed_needs_no_new_number(self) -> None:
        store_records("a", Record("One", "a", doi="10.1/x"), intent="backfill")
        store_records("b", Record("Other", "b", arxiv_id="2501.1"))
        store_records("c", Record("One", "c", arxiv_id="2501.1", doi="10.1/x"))
        paper = Paper.objects.get()
        assert (paper.seq, paper.renumbered, paper.former) == (1, False, [])


def test_what_a_numbered_paper_held_besides_gets_a_number_of_its_own() -> None:
    """Read again, a dump may show that its entry was never this paper: the rest is unsent."""
    store_records("a", Record("A", "a"))
    store_records("b", Record("A", "b", arxiv_id="2501.1"), Record("A", "c", arxiv_id="2501.2"))
    store_records("b", Record("Quite another", "b", arxiv_id="2501.1"), intent="backfill")
    numbers = dict(Paper.objects.values_list("arxiv_id", "seq"))
    assert set(numbers) == {None, "2501.1"}
    assert all(numbers.values())


def test_fields_longer_than_a_column_are_refused_whole() -> None:
    """SQLite would take them; PostgreSQL answers with an error, which quarantines the dump."""
    with pytest.raises(IntegrityError), transaction.atomic():
        store_records("a", Record("A", "a"), Record("", "no title"))
    assert not Paper.objects.exists()


def test_a_paper_knows_how_many_sources_listed_it() -> None:
    """Two files of a site that no source fetched, two dumps of one source, and a copy of ours."""
    source = Source.objects.create(name="lab", kind="push", format="feed")
    made = [
        ("hf_text", None),
        ("hf_json", None),
        ("feed", source),
        ("feed", source),
        ("jsonl", None),
    ]
    seen = []
    for number, (format_name, each) in enumerate(made):
        dump = make_dump(f"dump {number}")
        dump.source = each
        upsert(dump, Page(format_name, NEW, (Record("A", "a"),)))
        dump.save()
        seen.append(Paper.objects.get().source_count)
    assert seen == [1, 1, 2, 2, 2]
    assert Paper.objects.get().seq == 1
    Paper.objects.update(source_count=1)
    migration = import_module("digest.migrations.0014_source_count")
    migration.count_sources(apps, None)
    assert Paper.objects.get().source_count == 2

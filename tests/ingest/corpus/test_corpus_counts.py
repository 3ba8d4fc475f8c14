"""Papers are counted once each, whatever happens to them and in whichever order."""

from collections import Counter
from typing import Any

import pytest
from django.db import transaction

from digest.ingest.corpus import corpus_counts
from digest.ingest.corpus.corpus_counts import (
    TextChange,
    count_changes,
    count_missing_papers,
    prune_counts,
)
from digest.ingest.corpus.paper_counts import MOST_CHAINS, paper_counts
from digest.ingest.formats import Record
from digest.ingest.papers.split import split
from digest.models import (
    AcronymDefinition,
    Catalogue,
    CorpusState,
    Paper,
    ShortForm,
    WordCount,
)
from digest.tasks import fill_counts
from tests.ingest.formats.listing_pages import store_records
from tests.support import factories

Rows = tuple[dict[Any, int], dict[str, tuple[int, int]], dict[str, int]]

RL = "We study reinforcement learning (RL) of slow robots."
MOE = "Mixtures of experts (MoE) are wide; an expert is led by an LED."


def stored() -> Rows:
    """The counts in the database."""
    forms = ShortForm.objects.values_list("short", "papers_capitals", "papers_any")
    return (
        {(each.short, each.long): each.papers for each in AcronymDefinition.objects.all()},
        {short: (capitals, in_any) for short, capitals, in_any in forms},
        dict(WordCount.objects.values_list("word", "papers")),
    )


def recounted() -> Rows:
    """The counts of all papers, made at once."""
    pairs, in_any, capitals, words = Counter[Any](), Counter[str](), Counter[str](), Counter[str]()
    for title, abstract in Paper.objects.values_list("title", "abstract"):
        counts = paper_counts(title, abstract)
        pairs.update((each.short, each.long) for each in counts.definitions)
        in_any.update(counts.short_forms)
        capitals.update(counts.in_capitals)
        words.update(counts.words)
    return dict(pairs), {each: (capitals[each], in_any[each]) for each in in_any}, dict(words)


def in_step() -> bool:
    assert stored() == recounted()
    return bool(stored()[2])


class TestOnePaper:
    def test_words_and_short_forms(self) -> None:
        counts = paper_counts("Pre-training Robots", f"{MOE} LLM-based robotics; the RL's end.")
        assert {"wide", "led"} <= counts.short_forms
        assert {"robotics", "expert", "based"} <= counts.words
        assert not {"robot", "wide"} & counts.words  # a capital; four letters
        assert {"moe", "led", "llm", "rl"} == counts.in_capitals
        assert "led" in counts.short_forms

    def test_a_hyphenated_word_counts_joined_too(self) -> None:
        assert {"training", "pretraining"} <= paper_counts("x", "pre-training").words
        assert "mixtureofexpert" not in paper_counts("x", "mixture-of-experts").words

    def test_a_title_in_capitals_says_nothing_about_its_words(self) -> None:
        counts = paper_counts("A MAP OF THE WORLD (AMW)", "It is a map.")
        assert counts.in_capitals == frozenset()
        assert "map" in counts.short_forms

    def test_two_spellings_of_a_pair_are_one_definition(self) -> None:
        text = "mixture of experts (MoE), mixture of experts (MOE)"
        assert [each.short for each in paper_counts("x", text).definitions] == ["MoE"]

    def test_only_so_many_words_are_read(self) -> None:
        text = " ".join(f"word{'abcdefghij'[n % 10]}{'abcdefghij'[n // 10 % 10]}"
                        f"{'abcdefghij'[n // 100 % 10]}{'abcdefghij'[n // 1000]}"
                        for n in range(MOST_CHAINS + 50))  # fmt: skip
        assert len(paper_counts("x", text).words) == MOST_CHAINS
        assert paper_counts("x", "long" * 1000) == paper_counts("x", "")


@pytest.mark.django_db
class TestPapers:
    @pytest.fixture(autouse=True)
    def counted_from_the_start(self) -> None:
        fill_counts()

    def test_new_changed_and_repeated_papers(self) -> None:
        for _ in range(2):  # the same dump twice
            store_records("a", Record("Slow robots", RL, arxiv_id="2501.1"))
            assert in_step()
        assert stored()[0] == {("RL", "reinforcement learning"): 1}
        store_records("b", Record("Slow robots", f"{MOE} {MOE}", arxiv_id="2501.1"))
        assert in_step()
        store_records("b")  # read again: the entry is gone
        assert in_step()
        assert stored()[0] == {("RL", "reinforcement learning"): 1}

    def test_the_order_of_dumps_changes_nothing(self) -> None:
        records = [
            Record("Slow robots", RL, arxiv_id="2501.1"),
            Record("Experts", MOE, doi="10.1000/a"),
            Record("Slow robots", f"{RL} {RL} More.", arxiv_id="2501.1", doi="10.1000/a"),
        ]
        for number, record in enumerate(records):
            store_records(f"dump {number}", record)
        forwards = stored()
        assert in_step()
        with transaction.atomic():
            Paper.objects.all().delete()
            Catalogue.objects.all().delete()
            CorpusState.objects.update(rules=0)
            fill_counts()
            assert stored() == ({}, {}, {})
            for number, record in reversed(list(enumerate(records))):
                store_records(f"dump {number}", record)
        assert stored() == forwards

    def test_merged_and_split_papers(self) -> None:
        store_records("a", Record("Slow robots", RL, arxiv_id="2501.1"))
        store_records("b", Record("Experts", MOE, doi="10.1000/b"))
        assert in_step()
        store_records("c", Record("Slow robots", "both", arxiv_id="2501.1", doi="10.1000/b"))
        assert Paper.objects.count() == 1
        assert in_step()
        paper = Paper.objects.get()
        split(paper, [paper.listings.get(doi="10.1000/b", arxiv_id="").pk])
        assert Paper.objects.count() == 2
        assert in_step()

    def test_what_is_rolled_back_is_not_counted(self) -> None:
        with transaction.atomic():
            store_records("a", Record("Slow robots", RL))
            transaction.set_rollback(True)
        assert stored() == ({}, {}, {})

    def test_votes_write_nothing(self, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(0):
            count_changes([TextChange(1, ("a", "b"), ("a", "b"))])

    def test_decided_pairs_stay_without_papers(self) -> None:
        store_records("a", Record("Slow robots", RL, arxiv_id="2501.1"))
        AcronymDefinition.objects.update(decision="accepted")
        store_records("a")
        assert stored()[0] == {("RL", "reinforcement learning"): 0}
        CorpusState.objects.update(rules=0)
        fill_counts()
        assert stored()[0] == {("RL", "reinforcement learning"): 0}

    def test_a_count_of_a_pruned_word_stays_at_zero(self) -> None:
        store_records("a", Record("Slow robots", RL, arxiv_id="2501.1"))
        ShortForm.objects.update(papers_any=0)
        WordCount.objects.filter(word="study").delete()
        store_records("a")
        assert stored() == ({}, {}, {})


@pytest.mark.django_db
class TestPapersFromBefore:
    def test_are_counted_in_batches_newest_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(corpus_counts, "_BATCH", 2)
        for number in range(5):
            store_records(f"d{number}", Record(f"Robot {number}", RL, arxiv_id=f"2501.{number}"))
        assert stored() == ({}, {}, {})
        assert count_missing_papers()
        assert stored()[0] == {("RL", "reinforcement learning"): 2}
        # In the meantime one that is counted changes, one that is not, and one is new.
        for number in (4, 0, 5):
            store_records(f"e{number}", Record(f"Robot {number}", f"{MOE} {MOE}",
                                               arxiv_id=f"2501.{number}"))  # fmt: skip
        assert stored()[0] == {("RL", "reinforcement learning"): 1, ("MoE", "mixture of expert"): 2}
        fill_counts()
        assert in_step()
        assert not count_missing_papers()
        assert in_step()

    def test_a_batch_that_fails_is_counted_later_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        factories.paper("Slow robots", abstract=RL)
        factories.paper("Experts", abstract=MOE)

        def fail(self: CorpusState) -> None:
            raise RuntimeError

        with monkeypatch.context() as patch:
            patch.setattr(CorpusState, "save", fail)
            with pytest.raises(RuntimeError):
                count_missing_papers()
        assert stored() == ({}, {}, {})
        fill_counts()
        assert in_step()

    def test_other_rules_count_everything_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fill_counts()
        store_records("a", Record("Slow robots", RL))
        monkeypatch.setattr(corpus_counts, "COUNTING_RULES", 2)
        store_records("b", Record("Experts", MOE))  # counted by neither
        assert CorpusState.current().rules == 0
        fill_counts()
        assert CorpusState.current().rules == 2
        assert in_step()

    def test_learning_that_was_off_begins_anew(self, settings: Any) -> None:
        fill_counts()
        store_records("a", Record("Slow robots", RL))
        settings.KEYWORD_EXPANSIONS = False
        before = stored()
        store_records("b", Record("Experts", MOE))
        fill_counts()
        assert stored() == before
        settings.KEYWORD_EXPANSIONS = True
        store_records("c", Record("Rivers", "Papers flow."))
        assert stored() == before
        fill_counts()
        assert in_step()

    def test_nothing_to_do_takes_no_lock(self, django_assert_num_queries: Any) -> None:
        fill_counts()
        with django_assert_num_queries(1):
            fill_counts()


@pytest.mark.django_db
def test_the_rarest_rows_beyond_the_budget_are_pruned(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        WordCount.objects.create(word=f"word{number}", papers=number + 1)
        ShortForm.objects.create(short=f"s{number}", papers_any=number + 1)
        AcronymDefinition.objects.create(
            short=f"S{number}", key=f"s{number}", long="some", papers=number,
            decision="refused" if number == 0 else "",
        )  # fmt: skip
    assert prune_counts() == 0
    for name in ("MOST_WORDS", "MOST_SHORT_FORMS", "MOST_DEFINITIONS"):
        monkeypatch.setattr(corpus_counts, name, 4)
    monkeypatch.setattr(corpus_counts, "_PRUNED_AT_ONCE", 1)
    assert prune_counts() == 3
    assert prune_counts() == 2
    assert prune_counts() == 0
    pairs, forms, words = stored()
    assert sorted(words) == ["word2", "word3", "word4", "word5"]
    assert sorted(forms) == ["s2", "s3", "s4", "s5"]
    assert sorted(short for short, _ in pairs) == ["S0", "S2", "S3", "S4", "S5"]

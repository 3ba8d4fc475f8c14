"""The acronyms of a keyword's terms, from what is counted in the stored papers."""

from collections import Counter
from typing import Any

import pytest

from digest.expansions.acronyms import AcronymWording, Usage, acronyms_of, decide
from digest.ingest.corpus.paper_counts import paper_counts
from digest.models import AcronymDefinition, ShortForm
from digest.tasks import fill_counts
from tests.matching import samples
from tests.support import factories

pytestmark = pytest.mark.django_db

ON, OFFERED, ASKED = Usage.ON, Usage.OFFERED, Usage.ASKED


def define(short: str, long: str, papers: int, *, any_case: int | None = None) -> AcronymDefinition:
    key = short.casefold()
    ShortForm.objects.update_or_create(
        short=key, defaults={"papers_capitals": 100, "papers_any": any_case or 100}
    )
    return AcronymDefinition.objects.create(short=short, key=key, long=long, papers=papers)


def test_from_papers_to_wordings() -> None:
    for number in range(3):
        text = "Reinforcement learning (RL) by mixtures of experts (MoEs). The LED is led."
        factories.paper(f"Robot {number}", abstract=text)
    fill_counts()
    learning = AcronymWording("RL", "reinforcement learning", 3, ON)
    experts = AcronymWording("MoE", "mixture of expert", 3, ON)
    assert acronyms_of(["rl"]) == [learning]
    assert acronyms_of(["reinforcement learning"]) == [learning]
    assert acronyms_of(["rl", "reinforcement learning", "robot"]) == [learning]
    assert acronyms_of({"mixture of expert"}) == [experts]
    assert acronyms_of(["rl", "moe"]) == [experts, learning]
    assert acronyms_of(["reinforcement", "learning", "RL", "", "led"]) == []
    assert acronyms_of([]) == []


def test_the_most_defined_first_and_five_a_term() -> None:
    for papers in range(3, 12):
        define("RL", f"robot {papers}", papers)
    define("LLM", "large language model", 50)
    found = acronyms_of(["rl", "llm"])
    assert [each.papers for each in found] == [50, 11, 10, 9, 8, 7]
    assert [each.usage for each in found] == [ON, *[ASKED] * 5]
    # A long form beyond the five is found by itself.
    assert acronyms_of(["robot 3"]) == [AcronymWording("RL", "robot 3", 3, ASKED)]


def test_all_long_forms_of_a_short_form_count() -> None:
    define("ASR", "automatic speech recognition", 24)
    define("ASR", "attack success rate", 12)
    assert [each.usage for each in acronyms_of(["attack success rate"])] == [ASKED]
    define("LED", "light emitting diode", 9, any_case=1000)
    assert acronyms_of(["led", "light emitting diode"]) == []


def test_three_queries_for_500_terms(django_assert_max_num_queries: Any) -> None:
    define("RL", "reinforcement learning", 9)
    many = [f"word {number}" for number in range(499)]
    with django_assert_max_num_queries(3):
        assert len(acronyms_of([*many, "rl"])) == 1
    with django_assert_max_num_queries(6):
        assert len(acronyms_of([*many, "another", "rl"])) == 1
    assert acronyms_of([f"w{number}" for number in range(20_000)] + ["rl"]) == []


def test_the_site_may_switch_them_off(settings: Any, django_assert_num_queries: Any) -> None:
    define("RL", "reinforcement learning", 9)
    settings.KEYWORD_EXPANSIONS = False
    with django_assert_num_queries(0):
        assert acronyms_of(["rl"]) == []


def test_a_decision_is_on_all_spellings_of_a_pair() -> None:
    row = define("PLM", "pre trained language model", 1)
    define("PLM", "pretrained language model", 1)
    other = define("PLM", "protein language model", 1)
    assert decide([row], "accepted") == 2
    assert decide([row], "accepted") == 0
    assert [each.usage for each in acronyms_of(["plm"])] == [ON]
    other.refresh_from_db()
    assert other.decision == ""
    assert decide([row], "") == 2
    assert acronyms_of(["plm"]) == []


def test_an_added_pair_goes_with_its_decision() -> None:
    row = AcronymDefinition.objects.create(
        short="XY", key="xy", long="some words", decision="added", papers=0
    )
    assert acronyms_of(["some words"]) == [AcronymWording("XY", "some words", 0, ON)]
    decide([row], "")
    assert not AcronymDefinition.objects.exists()


@pytest.mark.samples
@pytest.mark.slow
@pytest.mark.skipif(not samples.LISTED.exists(), reason=f"no sample papers at {samples.LISTED}")
def test_real_papers() -> None:
    pairs: Counter[Any] = Counter()
    in_any: Counter[str] = Counter()
    capitals: Counter[str] = Counter()
    for record in samples.records():
        counts = paper_counts(str(record["title"]), str(record["abstract"]))
        pairs.update((each.short, each.key, each.long) for each in counts.definitions)
        in_any.update(counts.short_forms)
        capitals.update(counts.in_capitals)
    AcronymDefinition.objects.bulk_create(
        AcronymDefinition(short=short, key=key, long=long, papers=papers)
        for (short, key, long), papers in pairs.items()
    )
    ShortForm.objects.bulk_create(
        ShortForm(short=each, papers_any=papers, papers_capitals=capitals[each])
        for each, papers in in_any.items()
    )
    for short in ("rl", "llm", "moe", "rag", "ner", "gan", "cot", "ppo", "nlp"):
        assert [each.usage for each in acronyms_of([short])] == [ON], short
    for short in ("asr", "tts", "clip", "is"):
        assert {each.usage for each in acronyms_of([short])} <= {ASKED}, short
    for short in ("led", "map", "opt"):
        assert acronyms_of([short]) == [], short
    assert [each.short for each in acronyms_of(["reinforcement learning"])] == ["RL"]

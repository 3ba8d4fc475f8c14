"""Suggested exclusions leave the paper out, and their stated costs are true."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import parse, parse_list
from digest.matching.ranking import select
from subscriptions.exclusions import MOST_OFFERED, SuggestedExclusions, suggest_exclusions

DAY = date(2026, 11, 20)


def text(number: int, title: str, abstract: str = "") -> PaperText:
    return PaperText(id=number, seq=number, title=title, abstract=abstract, listed_on=DAY)


def offered(papers: list[PaperText], keywords: list[str], *listed: str) -> SuggestedExclusions:
    """What is offered for the first paper."""
    index = PaperIndex(papers)
    return suggest_exclusions(papers[0], listed, parse_list(keywords), index, index.everything())


def phrases(found: SuggestedExclusions) -> list[str]:
    return [rule.phrase for rule in found.rules]


CROWD = [
    text(1, "Medical Imaging with a Diffusion Model for Rare Birds"),
    text(2, "A diffusion model of birds", "It is not about medical imaging."),
    *(text(n, f"A diffusion model number {n}") for n in range(3, 12)),
]


def test_a_topic_is_offered_with_its_price() -> None:
    found = offered(CROWD, ["diffusion model"])
    assert found.brought == 11
    best = found.rules[0]
    assert (best.phrase, best.text, best.left_out) == ("medical imaging", "-medical imaging", 2)
    assert "medical imaging" in best.meaning


def test_no_exclusion_overlaps_a_keyword() -> None:
    found = offered(CROWD, ["diffusion model", "title:bird"], "Diffusion Models", "model", "birds",
                    "latent diffusion model", "rare birds")  # fmt: skip
    assert phrases(found) == ["medical imaging"]


def test_what_only_this_paper_has_is_no_topic() -> None:
    assert "rare birds" not in phrases(offered(CROWD, ["diffusion model"]))


def test_a_rule_there_is_already_is_not_offered_again() -> None:
    assert "medical imaging" not in phrases(offered(CROWD, ["model", "-medical imaging"]))


def test_half_of_what_comes_is_the_most_a_rule_may_cost() -> None:
    papers = [text(n, f"A robot in deep water {n}") for n in range(1, 5)]
    assert phrases(offered([*papers, text(9, "Dry land")], ["robot"])) == []
    assert phrases(offered([*papers, *(text(n, "A robot") for n in range(20, 25))], ["robot"]))


def test_operators_of_the_authors_are_not_run() -> None:
    listed = ("robots OR birds", "title:birds", "(birds)", '"rare birds"', "-birds", "x" * 300, "")
    found = offered(CROWD, ["diffusion model"], *listed)
    for rule in found.rules:
        assert rule.phrase not in listed


def test_mathematics_and_other_scripts_in_a_title() -> None:
    title = "$\\mathcal{B}$-Coder: 深度学习 <b>graph</b> neural networks & more"
    papers = [text(n, title if n == 1 else "Graph neural networks, 深度学习") for n in range(1, 4)]
    papers += [text(n, "Something else") for n in range(4, 9)]
    found = offered(papers, ["more"])
    assert found.rules
    alone = PaperIndex(papers[:1])
    assert all(alone.evaluate(parse(rule.text)) for rule in found.rules)


WORDS = st.sampled_from(
    ["graph", "neural", "network", "speech", "robot", "arm", "survey", "vision", "model", "the"]
)
TITLES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
WISHES = st.lists(TITLES, min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.lists(TITLES, min_size=1, max_size=25), WISHES, st.lists(TITLES, max_size=3))
def test_every_rule_keeps_its_promise(
    titles: list[str], wishes: list[str], listed: list[str]
) -> None:
    papers = [text(number, title) for number, title in enumerate(titles, 1)]
    index, keywords = PaperIndex(papers), parse_list(wishes)
    papers[0] = text(1, titles[0], " ".join(f"{each}." for each in listed))
    index.refresh(papers[:1], through=0, change=1)
    found = suggest_exclusions(papers[0], listed, keywords, index, index.everything())
    brought = select(index, keywords, index.everything())
    assert found.brought == len(brought)
    assert len(found.rules) <= MOST_OFFERED
    for rule in found.rules:
        assert PaperIndex(papers[:1]).evaluate(parse(rule.text))
        left = select(index, (*keywords, parse(rule.text)), index.everything())
        assert len(brought) - len(left) == rule.left_out
        assert rule.left_out <= max(1, len(brought) // 2)

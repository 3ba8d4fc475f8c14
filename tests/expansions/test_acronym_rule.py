"""Which pairs are on, offered, asked about, or not used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.expansions.acronym_rule import Capitals, Spelling, Usage, judge

ON, OFFERED, ASKED = Usage.ON, Usage.OFFERED, Usage.ASKED
IN_CAPITALS = Capitals(100, 100)


def usages(*papers: int, capitals: Capitals = IN_CAPITALS) -> list[Usage | None]:
    """The usages of pairs of one short form that so many papers define, most first."""
    spellings = [Spelling("RL", f"robot {number}", each) for number, each in enumerate(papers)]
    judged = judge(spellings, capitals)
    assert [each.papers for each in judged] == sorted(papers, reverse=True)
    assert all(each.reason.endswith(".") for each in judged)
    return [each.usage for each in judged]


@pytest.mark.parametrize(
    ("papers", "expected"),
    [
        ((3,), [ON]),
        ((2,), [None]),
        ((90, 10), [ON, None]),
        ((89, 11), [OFFERED, None]),
        ((60, 19, 15, 6), [OFFERED, None, None, None]),
        ((59, 19, 12, 10), [ASKED, ASKED, ASKED, ASKED]),
        ((80, 20), [ASKED, ASKED]),
        ((81, 19), [OFFERED, None]),
        ((60, 20, 20), [ASKED, ASKED, ASKED]),
        # Where nearly all have one of two meanings, the others are asked about with them.
        ((50, 40, 10), [ASKED, ASKED, ASKED]),
        ((60, 20, 15, 5), [ASKED, ASKED, ASKED, ASKED]),
        # A rival that two papers define does not count.
        ((8, 2), [OFFERED, None]),
        ((4, 2, 2, 2), [ASKED, None, None, None]),
    ],
)
def test_shares(papers: tuple[int, ...], expected: list[Usage | None]) -> None:
    assert usages(*papers) == expected


@pytest.mark.parametrize(
    ("capitals", "on", "asked"),
    [
        (Capitals(90, 100), ON, ASKED),
        (Capitals(89, 100), OFFERED, ASKED),
        (Capitals(60, 100), OFFERED, ASKED),
        (Capitals(59, 100), None, None),
        (Capitals(0, 100), None, None),
        (Capitals(0, 0), None, None),
        (Capitals(9, 3), ON, ASKED),  # after rare words were pruned
    ],
)
def test_capitals(capitals: Capitals, on: Usage | None, asked: Usage | None) -> None:
    assert usages(100, capitals=capitals) == [on]
    assert usages(50, 50, capitals=capitals) == [asked, asked]


def test_spellings_of_one_pair_are_taken_together() -> None:
    rows = [
        Spelling("MoE", "mixture of expert", 5),
        Spelling("MOE", "mixture of expert", 2),
        Spelling("PLM", "pre trained language model", 4),
        Spelling("PLM", "pretrained language model", 6),
    ]
    experts, models = judge(rows[:2], IN_CAPITALS)[0], judge(rows[2:], IN_CAPITALS)[0]
    assert (experts.short, experts.papers, experts.usage) == ("MoE", 7, ON)
    assert (models.long, models.papers) == ("pretrained language model", 10)
    assert models.spellings == {"pre trained language model", "pretrained language model"}


@pytest.mark.parametrize("decision", ["accepted", "added"])
def test_operators_decide(decision: str) -> None:
    lower = Capitals(0, 100)
    rows = [Spelling("LED", "light emitting diode", 0, decision), Spelling("LED", "led", 9)]
    assert [each.usage for each in judge(rows, lower)] == [None, ON]
    rows = [Spelling("RL", "robot learning", 9, "refused"), Spelling("RL", "robotlearning", 90)]
    [refused] = judge(rows, IN_CAPITALS)
    assert refused.usage is None
    assert "refused" in refused.reason


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9)), max_size=8), st.randoms())
def test_the_order_of_rows_changes_nothing(rows: list[tuple[str, int]], random: object) -> None:
    spellings = [Spelling("RL", *row) for row in dict(rows).items()]
    mixed = list(spellings)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert judge(mixed, IN_CAPITALS) == judge(spellings, IN_CAPITALS)

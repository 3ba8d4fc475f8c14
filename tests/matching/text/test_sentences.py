"""Where sentences end, and which one says what a paper does."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.text.sentences import claim_sentence, sentences

ABSTRACTS = Path(__file__).parents[2] / "fixtures" / "excerpts" / "abstracts.txt"
MUST = 0.8  # of the claims


def labelled() -> list[tuple[list[str], str]]:
    """The sentences of each abstract, and the one with its claim."""
    _, *blocks = ABSTRACTS.read_text(encoding="utf-8").strip().split("\n\n")
    found = []
    for block in blocks:
        lines = block.splitlines()
        (claim,) = [line.removeprefix("> ") for line in lines if line.startswith("> ")]
        found.append(([line.removeprefix("> ") for line in lines], claim))
    return found


def split(text: str) -> list[str]:
    return [text[each.start : each.end] for each in sentences(text)]


def test_forty_abstracts_are_split_and_most_claims_found() -> None:
    abstracts = labelled()
    right = 0
    for lines, claim in abstracts:
        text = " ".join(lines)
        assert split(text) == lines
        place = claim_sentence(text)
        right += place is not None and text[place.start : place.end] == claim
    print(f"{right} of {len(abstracts)} claims")
    assert len(abstracts) == 40
    assert right >= MUST * len(abstracts)


@pytest.mark.parametrize(
    "one",
    [
        "As Doe et al. Showed in 2011, it falls.",
        "See Fig. 3 and Eqs. 4 to 6, e.g. Table 2, i.e. The last one.",
        "It costs 3.5 % of 1.2 GB.",
        "J. R. Doe and A. Roe wrote it.",
        "Version 2.0 is out",
        "It is approx. 5 m long, cf. Sec. 2.",
        "",
    ],
)
def test_one_sentence(one: str) -> None:
    assert split(one) == ([one] if one else [])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It works. We show it.", ["It works.", "We show it."]),
        ("Does it? It does! (So we say.) 14 agree.",
         ["Does it?", "It does!", "(So we say.)", "14 agree."]),
        ("  Blank.   “Quoted.” Then\u3002深い。学習です。",
         ["Blank.", "“Quoted.”", "Then\u3002", "深い。", "学習です。"]),
        ("We use vitamin C. It helps.", ["We use vitamin C. It helps."]),  # as after an initial
        ("The first is layer I. It is thin.", ["The first is layer I.", "It is thin."]),
        ("More… Or less.", ["More…", "Or less."]),
    ],
)  # fmt: skip
def test_several(text: str, parts: list[str]) -> None:
    assert split(text) == parts


@given(st.text(st.sampled_from('ab .!?。…AZ3\n"”(') | st.characters(codec="utf-8"), max_size=80))
def test_nothing_is_lost(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())
    claim_sentence(text)


def test_a_strong_cue_comes_before_a_weak_one() -> None:
    text = "We compare two maps. They differ. Here, we propose a third. We show why."
    place = claim_sentence(text)
    assert place is not None
    assert text[place.start : place.end] == "Here, we propose a third."
    assert claim_sentence("Nothing is said. It showed.") is None
    text = "We compare two maps. We also report the third."
    assert claim_sentence(text) == (0, 20)

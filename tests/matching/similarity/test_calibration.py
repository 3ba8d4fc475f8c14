"""The threshold of neighbours, on pairs that were judged before it was set."""

from collections import Counter

import pytest

from digest.matching.similarity import NEIGHBOUR

from . import calibration

HALVES = ("choosing", "held out")


def test_the_labels_are_of_enough_pairs_and_the_halves_share_no_keyword() -> None:
    pairs = list(calibration.pairs())
    assert len({(pair.keyword, pair.arxiv_id) for pair in pairs}) == len(pairs) >= 120
    assert {pair.half for pair in pairs} == set(HALVES)
    chosen, held_out = ({p.keyword for p in pairs if p.half == half} for half in HALVES)
    assert chosen.isdisjoint(held_out)
    assert max(Counter(pair.keyword for pair in pairs).values()) <= 6


@pytest.mark.samples
@pytest.mark.slow
@pytest.mark.usefixtures("samples")
def test_four_of_five_papers_at_the_threshold_are_close(capsys: pytest.CaptureFixture[str]) -> None:
    found = calibration.scored()
    for half in HALVES:
        with capsys.disabled():
            for threshold in (0.2, 0.22, NEIGHBOUR, 0.26):
                at = calibration.precision(found, half, threshold)
                print(f"\n{half}, cosine ≥ {threshold}: {at.close} of {at.shown} close", end="")
        precision = calibration.precision(found, half, NEIGHBOUR)
        assert precision.shown >= 12
        assert precision.share >= 0.8

"""Dunning's log-likelihood ratio: whether something is more frequent in one set than in another.

T. Dunning, "Accurate methods for the statistics of surprise and coincidence", 1993.
"""

import math

SIGNIFICANT = 6.63  # which chance exceeds once in a hundred times (chi-squared, one degree)


def log_likelihood(own: int, own_papers: int, others: int, other_papers: int) -> float:
    """Return Dunning's ratio (-2 log λ) of `own` in `own_papers` against `others` in
    `other_papers`; 0 unless it is more frequent in the former."""
    if own * other_papers <= others * own_papers:
        return 0.0
    together = (own + others) / (own_papers + other_papers)
    ratio = _log_likelihood(own, own_papers, own / own_papers)
    ratio += _log_likelihood(others, other_papers, others / other_papers)
    ratio -= _log_likelihood(own, own_papers, together)
    ratio -= _log_likelihood(others, other_papers, together)
    return 2 * ratio


def _log_likelihood(hits: int, papers: int, share: float) -> float:
    """Logarithm of the binomial likelihood, without its constant; 0 log 0 is 0."""
    found = hits * math.log(share) if hits else 0.0
    return found + ((papers - hits) * math.log(1 - share) if papers > hits else 0.0)

"""Weights of terms from a reader's collection of papers, beside those from ratings (`fitting`)."""

import math

from .library_terms import LibraryTerms
from .paper_terms import DocumentFrequencies

# Measured with simulated readers (python -m tests.bench profile).
_COMMON = 2.0  # a term counts as far as it is more than so many times as frequent as on the site
_STRENGTH = 1 / 3  # mean score of the library's papers; that of papers rated up is 1


def library_weights(library: LibraryTerms, site: DocumentFrequencies) -> dict[str, float]:
    """Term -> weight, above 0, of the terms that set a library apart from the papers of the site.

    The share of papers with a term, less _COMMON times the share expected from the papers of the
    site, stands for the mean value of a term in rated papers. Papers without abstracts have fewer
    terms, so that less is expected of them.
    """
    expected = _COMMON * library.terms_each / (site.terms_each * site.papers or math.inf)
    weights: dict[str, float] = {}
    score = 0.0
    for each in library.terms:
        share = each.papers / library.papers
        excess = share - expected * site.counts.get(each.term, 0)
        if excess > 0:
            weights[each.term] = excess * site.idf(each.term) ** 2
            score += share * weights[each.term]
    # A term's value in a paper where all have the same (`paper_terms`) is 1 / sqrt(terms).
    scale = score / math.sqrt(library.terms_each or 1.0) / _STRENGTH
    return {term: weight / scale for term, weight in weights.items()}

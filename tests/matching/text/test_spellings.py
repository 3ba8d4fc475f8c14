"""Spellings of one word in several scripts, on every way to find a paper."""

import pytest

from digest.matching.full_text import PaperDocument, StoredPaper, TextNeeded, document_parts
from digest.matching.full_text.candidates import candidates
from digest.matching.index import CompiledKeywords, PaperIndex
from digest.matching.query import parse
from digest.matching.text.symbols import base_form
from tests.matching import samples
from tests.matching.full_text.test_verification import meets
from tests.matching.small_papers import paper

SAME = [
    # umlauts
    ("Müller", ["Müller", "Mueller", "Muller", "MÜLLER", r"M\"uller",
                "Mu\u0308ller", "M&uuml;ller"]),
    ("Mueller", ["Müller", "Mueller", r"M{\"u}ller", "Müllers", "MUELLER"]),
    (r"Gr\"obner basis", ["Groebner basis", "Gröbner-basis", "Grobner basis"]),
    ("Gröbner-Müller", ["Groebner Müller", "Grobner-Mueller", "Gröbner Muller"]),
    ("Sørensen", ["Soerensen", "Sorensen", r"S{\o}rensen"]),
    ("Muell*", ["Müller", "Mueller"]),
    ("title:Müller", ["Mueller"]),
    # Arabic and Hebrew
    ("التعلم العميق", ["التعلّم العميق", "التَّعَلُّم العَمِيق", "التـعلم العمـيق"]),
    ("إدارة", ["ادارة", "أدارة", "ادَارة", "إداره"]),
    ("ادارة", ["إدارة", "ا\u0655دارة", "ﺇﺩﺍﺭﺓ"]),
    ("مستشفى", ["مستشفي", "مستشفى", "مستشفی"]),
    ("مسؤول", ["مسوول", "مسؤول"]),
    ("ٱلكتاب", ["الكتاب"]),
    ("שלום", ["שָׁלוֹם", "שָׁל֣וֹם", "\ufb2aלום"]),
    ("שָׁלוֹם עולם", ["שלום־עולם", "שלום עולם"]),
    # kana
    ("ディープラーニング", ["ﾃﾞｨｰﾌﾟﾗｰﾆﾝｸﾞ", "ディープ・ラーニング", "ﾃﾞｨｰﾌﾟ･ﾗｰﾆﾝｸﾞ"]),
    ("ﾃﾞｨｰﾌﾟﾗｰﾆﾝｸﾞ", ["ディープラーニング", "ﾃﾞｨｰﾌﾟﾗｰﾆﾝｸﾞ"]),
    ("ﾊﾟﾀｰﾝ", ["パターン", "ハ\u309aターン"]),
    # symbols
    ("H∞", [r"$H_\infty$", r"$\mathcal{H}_\infty$", r"$\mathcal H_{\infty}$", r"\(H^\infty\)",
            "H^∞", "ℋ∞", "H<sub>∞</sub>", "H-infinity", "H infinity",
            "H&infin;", "H\u2212infinity"]),
    ("H-infinity control", [r"$H_\infty$ control", "H∞-control", "H∞ control"]),
    (r"$\mathcal{H}_\infty$", ["H∞", "H infinity", "H_∞"]),
    ("ℓ1", [r"$\ell_1$", r"$\ell_{1}$", r"$\ell^1$", "ℓ₁", "l1", "l_1", "L1-norm",
            "$L_1$", "L<sub>1</sub>"]),
    ("ℓ_1", ["ℓ1", r"$\ell_1$", "L1"]),
    ("ℓ∞", [r"$\ell_\infty$", r"\ell_{\infty}", "L∞", "l-infinity"]),
    # words in brackets
    ("SO(3)", ["SO(3)", r"$\mathrm{SO}(3)$", r"$SO\left(3\right)$", "SO(3)-equivariant", "SO3"]),
    ("SU2", [r"$\mathrm{SU}(2)$", "SU(2)"]),
    ("U(1)", ["U(1)", "$U(1)$"]),
    ("denoising", ["(de)noising", "(De)noising"]),
    ("(de)noising", ["denoising", "de-noising", "(de)noising"]),
    ("semisupervised", ["(semi-)supervised", "semi-supervised"]),
    ("language model(s)", ["language models", "language model", "language model(s)"]),
    ("generalisation", ["generali(s)ation"]),
    # people that a disease is named after
    ("Alzheimers", ["Alzheimer", "Alzheimer's", "Alzheimer’s", "Alzheimers", "ALZHEIMER'S",
                    "Alzheimer´s"]),
    ("Alzheimer’s disease", ["Alzheimer disease", "Alzheimers disease", "ALZHEIMER’S DISEASE"]),
    ("Kaposi's sarcoma", ["Kaposis sarcoma", "Kaposi sarcoma"]),
    # plurals
    ("matrix", ["matrices", "MATRICES", "matrixes"]),
    ("spectra", ["spectrum", "SPECTRA"]),
    ('"mice"', ["mice"]),
]  # fmt: skip
APART = [
    ("H∞", ["The letter H in print", "H2", "infinity of H"]),
    ("o1", ["O(1)", "cost of $O(1)$"]),
    ("O(1)", ["the o1 model", "O1"]),
    ("s4", ["S(4)"]),
    ("on", ["O(n)"]),
    ("que", ["queue"]),
    ("neral", ["neural"]),
    ("mull", ["Müller"]),
    ("Muller", ["Mueller"]),  # nobody writes an umlaut without its dots as ue
    ("modulus", ["moduli"]),
    ("life", ["lives"]),
    ("leaf", ["leaves"]),
    ('"mice"', ["mouse"]),
    ("شبكة", ["شباك"]),
    ("カ", ["ガ"]),
    ("ﾊ", ["パ"]),
    ("L'S", ["L"]),
]


@pytest.mark.parametrize(("keyword", "texts"), SAME)
def test_spellings_of_one_word_find_each_other(keyword: str, texts: list[str]) -> None:
    found = {text: _ways(keyword, text) for text in texts}
    assert found == {text: {True} for text in texts}


@pytest.mark.parametrize(("keyword", "texts"), APART)
def test_other_words_stay_apart(keyword: str, texts: list[str]) -> None:
    found = {text: _ways(keyword, text) for text in texts}
    assert found == {text: {False} for text in texts}


def _ways(typed: str, text: str) -> set[bool]:
    """What the index, the batch, highlighting and the search say of a keyword and a title."""
    keyword, one = parse(typed), paper(title=f"Of {text}, and more")
    assert not keyword.notes
    index = PaperIndex([one], through=1)
    document = PaperDocument(*document_parts(one))
    try:
        matches = StoredPaper(document).matches(keyword.tree)
    except TextNeeded:
        matches = StoredPaper(document, one).matches(keyword.tree)
    spans = index.hit_spans(keyword, 1)
    assert all(3 <= span.start < span.end <= 3 + len(text) for span in spans)
    return {
        bool(index.evaluate(keyword)),
        bool(next(index.evaluate_all(CompiledKeywords([keyword])))),
        bool(spans),
        matches and meets(candidates(keyword.tree), document.text),
    }


def test_a_voiced_mark_of_its_own_is_kept() -> None:
    assert base_form("ﾃﾞ") == "デ"
    assert base_form("ﾃ") == "テ"


@pytest.mark.slow
@pytest.mark.samples
@pytest.mark.skipif(not samples.LISTED.exists(), reason=f"no sample papers at {samples.LISTED}")
def test_no_english_word_gains_a_paper_by_an_umlaut() -> None:
    """Words with ae, oe or ue match the texts that have them, and those with an umlaut."""
    papers = samples.papers(1500)
    index = PaperIndex(papers, through=len(papers))
    texts = {p.id: f"{p.title} {p.abstract}".casefold() for p in papers}
    words = ("queue", "neural", "value", "unique", "does", "continuous", "cue")
    for word in words:
        found = set(index.ids(index.evaluate(parse(word))))
        assert all(word in texts[paper_id].replace("-", "") for paper_id in found), word

"""What readers see of titles and abstracts, and that a hit stays where it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.text import tokenize_with_offsets
from digest.matching.text.readable import readable


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"$\mathcal{B}$-Coder", "B-Coder"),
        ("M$^3$ViT and M^3ViT", "M³ViT and M³ViT"),
        (r"16$\times$16", "16×16"),
        (r"$\alpha_1$, $x_{ij}$, $W_q$", "α₁, xᵢⱼ, W_q"),
        (r"$10^{-3}$ at $90^\circ$", "10⁻³ at 90°"),
        (r"$\mathbb{R}^{d \times k}$ and $\mathbb{R}^d$", "ℝ^(d × k) and ℝᵈ"),
        (r"$\frac{a+b}{2}$ $\frac12$ $\sqrt{n+1}$ $\sqrt{n}$", "(a+b)/2 12 √(n+1) √n"),
        (r"$\hat{x}$ $\mathcal{O}(\log n)$ $A^\top B$", "x̂ O(log n) Aᵀ B"),
        (r"$x_{\text{reg}}$ $\ell_{\infty}$ Ada$^{\dagger}$", "x_reg ℓ_∞ Ada†"),
        (r"caf\'e \'{E}cole \c{c}a na\"ive \^{o} S{\o}ren", "café École ça naïve ô Søren"),
        ("Schrödinger Łódź e\u0301", "Schrödinger Łódź e\u0301"),
        (r"100\% of R\&D", "100% of R&D"),
        ("100% of it & ~5, $3 million and $4", "100% of it & ~5, $3 million and $4"),
        ("from $100K-$200K a year", "from $100K-$200K a year"),
        (r"\method{} is \unknown{x}", r"\method is \unknown{x}"),
        (r"\textbf{very {\em good}} \emph{text}", "very good text"),
        ("R&amp;D &lt;b&gt; caf&eacute; &nosuch;", "R&D <b> café &nosuch;"),
        ("H<sub>2</sub>O, <i>E. coli</i>, a < b", "H₂O, E. coli, a < b"),
        ("The <b> element of HTML", "The <b> element of HTML"),
        ("two\n  lines\tand\u2028more", "two lines and more"),
        ("turned \u202eround\u2069", "turned round"),
        ("👩\u200d🔬 深層学習 تعلم", "👩\u200d🔬 深層学習 تعلم"),
        ("snake_case __init__ 2^ x^", "snake_case __init__ 2^ x^"),
        ("unclosed $x and {brace", "unclosed $x and {brace"),
        (r"\textbf{", ""),
        ("", ""),
    ],
)
def test_shows_what_a_person_reads(written: str, shown: str) -> None:
    assert readable(written).text == shown


MARKED = st.lists(
    st.sampled_from(
        [*"ab $\\{}^_%&~'\"-.<>;*+#éß²αﬁ\u200b\n\x00123深", "\\textbf{", "\\alpha ", "&amp;",
         "<sub>2</sub>", "<b>", "</b>", "\\frac{a}{b}", "$x_1$", "\\hat{", "\\(", "\\)"]
    )
).map("".join)  # fmt: skip


@given(MARKED)
def test_any_text_is_one_line_and_its_words_keep_their_places(text: str) -> None:
    line, placed = readable(text), tokenize_with_offsets(text)
    assert not set(line.text) & set("\n\r\x00\u2028")
    before = 0
    for at in range(len(placed.spans)):
        start, end = line.span(*placed.original(at, at + 1))
        assert 0 <= start <= end <= len(line.text)
        assert start >= before
        before = start


@given(st.lists(st.sampled_from(["robot", r"$\alpha_1$", "\n", " ", "é", "&amp;", "{", "<b>"])))
def test_a_word_is_marked_exactly(parts: list[str]) -> None:
    text = " ".join([*parts, "robot", *parts])
    line = readable(text)
    for at in range(len(text)):
        if text.startswith("robot", at):
            start, end = line.span(at, at + 5)
            assert line.text[start:end] == "robot"


def test_a_formula_is_marked_whole() -> None:
    line = readable(r"the $x_{12}$ of it")
    at = r"the $x_{12}$ of it".index("12")
    start, end = line.span(at, at + 1)
    assert line.text[start:end] == "₁₂"


@pytest.mark.parametrize("unit", ["^{", "<b>", "\\frac{", "$", "\\hat{x}", "_{$", "{", "&amp;"])
def test_long_nonsense_takes_no_time(unit: str) -> None:
    assert len(readable(unit * 2_000).text) <= 2_000 * len(unit)

"""What a text shows, its words, their places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.text import fold, normalise, tokenize, tokenize_with_offsets


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"$\mathcal{B}$-Coder", "B-Coder"),
        ("M$^3$ViT", "M3ViT"),
        ("M^3ViT", "M3ViT"),
        (r"16$\times$16", "16×16"),
        (r"caf\'e \'{E}cole \c{c}a na\"ive \^{o}", "cafe Ecole ca naive o"),
        (r"S{\o}ren S\o ren {\L}ukasz \ss", "Søren Søren Lukasz ss"),
        (r"\"Uber M\"{u}ller" " Mu\u0308ller M&uuml;ller", "Über Müller Müller Müller"),
        ("Schrödinger Æon straße Łódź", "Schrödinger AEon strasse Lodz"),
        ("e\u0301te\u0301", "ete"),
        (r"100\% of R\&D", "100% of R&D"),
        ("100% of it & ~5 $3 million and $4", "100% of it & ~5 $3 million and $4"),
        ("costs $5 and $10", "costs $5 and $10"),
        ("from $100K-$200K a year", "from $100K-$200K a year"),
        (r"\method{} is \unknown{x}", r"\method is \unknownx"),
        (r"\textbf{very {\em good}} \emph{text}", "very good text"),
        (r"\href{https://a.b/c}{our code}", "our code"),
        ("R&amp;D &lt;b&gt; caf&eacute; &#945; &nosuch;", "R&D <b> cafe α &nosuch;"),
        ("H<sub>2</sub>O and a < b", "H2O and a < b"),
        ("ﬁne soft\u00adhyphen zero\u200bwidth", "fine softhyphen zerowidth"),
        ("R² H₂O ½", "R2 H2O 1/2"),
        ("Transformer™ nul\x00 tab\tnew", "Transformer  nul  tab new"),
        (r"\(x^2\) and \[y_{ij}\]", "x2 and y_ij"),
        (r"$\alpha$-divergence \epsilon", "α-divergence ϵ".replace("ϵ", "ε")),
        ("2^n ^ alone", "2n ^ alone"),
        ("unclosed $x and {brace", "unclosed $x and {brace"),
    ],
)
def test_shows_what_a_reader_sees(written: str, shown: str) -> None:
    assert normalise(written).text == shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("C++ and C#, .NET; A* search", ["c++", "and", "c#", ".net", "a*", "search"]),
        ("GPT-4 3D L2 Qwen2.5 1,000", ["gpt", "4", "3d", "l2", "qwen2.5", "1000"]),
        ("Newton's O'Brien", ["newton", "o", "brien"]),
        ("深層学習モデル", list("深層学習モデル")),
        ("한국어", list("한국어")),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ε-greedy", ["epsilon", "greedy"]),
        ("Ελλάδα", ["ελλαδα"]),
        ("", []),
        ("--- ... !!!", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert tokenize(text).terms == words


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("models", "model"), ("LLMs", "llm"), ("GANs", "gan"), ("LoRAs", "lora"), ("PCs", "pc"),
        ("H100s", "h100"), ("DOS", "dos"), ("iOS", "ios"), ("uses", "use"), ("us", "us"),
        ("news", "news"), ("series", "series"), ("species", "species"), ("lens", "lens"),
        ("lenses", "lens"), ("physics", "physics"), ("classes", "class"), ("boxes", "box"),
        ("matches", "match"), ("meshes", "mesh"), ("databases", "database"), ("sizes", "size"),
        ("caches", "cache"), ("studies", "study"), ("movies", "movie"), ("videos", "video"),
        ("areas", "area"), ("analysis", "analysis"), ("analyses", "analysis"), ("bus", "bus"),
        ("bias", "bias"), ("biases", "bias"), ("chaos", "chaos"), ("virus", "virus"),
        ("GPUs", "gpu"), ("gpus", "gpu"), ("loss", "loss"), ("1990s", "1990s"), ("As", "as"),
        ("matrices", "matrix"), ("Vertices", "vertex"), ("indices", "index"),
        ("simplices", "simplex"), ("appendices", "appendix"), ("formulae", "formula"),
        ("spectra", "spectrum"), ("corpora", "corpus"), ("halves", "half"), ("mice", "mouse"),
        ("criteria", "criterion"), ("SPECTRA", "spectra"), ("data", "data"), ("media", "media"),
        ("leaves", "leave"), ("suffices", "suffice"), ("Alzheimers", "alzheimer"),
        ("Parkinsons", "parkinson"), ("Crohns", "crohn"), ("Huntingtons", "huntington"),
        ("Kaposis", "kaposi"), ("Hashimotos", "hashimoto"), ("Bayes", "bayes"),
    ],
)  # fmt: skip
def test_plurals(word: str, folded: str) -> None:
    assert fold(word) == folded


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_read_and_its_places_are_in_order(text: str) -> None:
    placed = tokenize_with_offsets(text)
    assert placed.tokens == tokenize(text)
    before = 0
    for at in range(len(placed.spans)):
        start, end = placed.original(at, at + 1)
        assert before <= start < end <= len(text)
        before = start


MARKED = st.lists(
    st.sampled_from([*"ab $\\{}^_%&~'\"-.<>;*+#éß²αﬁ\u200b\n123", "\\textbf{", "\\alpha ", "&amp;"])
).map("".join)


@given(MARKED)
def test_marked_up_text_keeps_its_places(text: str) -> None:
    placed = tokenize_with_offsets(text)
    for at in range(len(placed.spans)):
        start, end = placed.original(at, at + 1)
        assert 0 <= start < end <= len(text)
    shown = normalise(text)
    grouped = any(mark in text for mark in "\\$^{")  # what groups is dropped once, one layer a time
    assert grouped or normalise(shown.text).text == shown.text


@given(st.text(st.sampled_from("abcdeS sDOS-"), max_size=30))
def test_folding_twice_changes_nothing_for_words_already_singular(text: str) -> None:
    for key in tokenize(text).terms:
        assert tokenize(key).terms[0].startswith(key[:2])

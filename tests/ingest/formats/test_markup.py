"""Mark-up of publishers as readable text: HTML, JATS, MathML, TeX in JATS, escaped or not."""

import html
import re
import string
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats.text.markup import element_text, plain_text
from digest.ingest.formats.text.mojibake import repaired

NAMESPACE = 'xmlns:mml="http://www.w3.org/1998/Math/MathML" display="inline"'
TEX = (
    r"<jats:tex-math>\documentclass[12pt]{minimal} \usepackage{amsmath} "
    r"\begin{document}$$\alpha_0$$\end{document}</jats:tex-math>"
)


def one_line(fragment: str, *, is_html: bool = False) -> str:
    return " ".join(plain_text(fragment, is_html=is_html).split())


def mathml(inside: str, prefix: str = "") -> str:
    """A formula whose elements have this prefix, as in the files of publishers."""
    attributes = f" {NAMESPACE}" if prefix else ""
    tags = re.sub(r"<(/?)", rf"<\1{prefix}", inside)
    return f"<{prefix}math{attributes}>{tags}</{prefix}math>"


@pytest.mark.parametrize("prefix", ["", "mml:", "m:", "ns2:"])
@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ('<mi mathvariant="italic">Q</mi>', "Q"),
        ("<msub><mi>TiO</mi><mn>2</mn></msub>", "TiO2"),
        ("<msub>\n <mi>TiO</mi>\n <mn>2</mn>\n</msub>", "TiO2"),
        ("<msub><mi>x</mi><mrow><mi>i</mi><mo>+</mo><mn>1</mn></mrow></msub>", "x_{i+1}"),
        ("<msub><mn>5</mn><mn>2</mn></msub>", "5_2"),
        ("<msup><mn>10</mn><mrow><mo>−</mo><mn>5</mn></mrow></msup>", "10^−5"),
        ("<msup><mi>x</mi><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow></msup>", "x^{a+b}"),
        ("<msup><mi>Mg</mi><mrow><mn>2</mn><mo>+</mo></mrow></msup>", "Mg2+"),
        ("<msup><mrow/><mn>13</mn></msup><mi>C</mi>", "13C"),
        ("<msubsup><mi>A</mi><mn>1</mn><mn>2</mn></msubsup>", "A1^2"),
        ("<mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac>", "a/(b+1)"),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√(x+1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "x^{1/3}"),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", "x"),
        ("<munder><mi>lim</mi><mi>n</mi></munder><mi>f</mi>", "lim_n f"),
        ("<munderover><mo>∑</mo><mn>1</mn><mi>n</mi></munderover>", "∑_1^n"),
        ("<mi>a</mi><mo>&lt;</mo><mi>b</mi><mo>&gt;</mo><mi>c</mi>", "a < b > c"),
        ("<mi>sin</mi><mo>&#8289;</mo><mi>x</mi>", "sin x"),
        ("<mn>5</mn><mtext> cm</mtext><mspace width='1em'/><mn>3</mn>", "5 cm 3"),
        ("<mfenced open='['><mi>a</mi><mi>b</mi></mfenced>", "[a,b)"),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable>", "1, 2"),
        (
            "<mmultiscripts><mi>He</mi><mprescripts/><none/><mn>3</mn></mmultiscripts>",
            "3He",
        ),
        (
            "<semantics><mi>Q</mi><annotation encoding='application/x-tex'>Q_0</annotation>"
            "</semantics>",
            "Q",
        ),
    ],
)
def test_mathml(prefix: str, formula: str, text: str) -> None:
    assert one_line(f"of {mathml(formula, prefix)} owls") == f"of {text} owls"
    escaped = html.escape(mathml(formula, prefix))
    assert one_line(f"of {escaped} owls") == one_line(f"of {html.escape(escaped)} owls")
    assert one_line(f"of {escaped} owls") == f"of {text} owls"


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("10<sup>5</sup> or 10<sup>-5</sup>, 2<sup>n</sup>", "10^5 or 10^-5, 2^n"),
        ("R<sup>2</sup> of 3 s<sup>-1</sup>", "R^2 of 3 s^-1"),
        ("Ca<sup>2+</sup>, CD4<sup>+</sup>, 2<sup>nd</sup>", "Ca2+, CD4+, 2nd"),
        ("<sup>14</sup>C of 5 cm<sup>2</sup>", "14C of 5 cm2"),
        ("CO<sub>2</sub>, H<inf>2</inf>O, 2<sub>0</sub>", "CO2, H2O, 2_0"),
        ("<i>In vivo</i>&nbsp;owls &amp; <b>lamps</b>", "In vivo owls & lamps"),
        ("one<br/>two<br>three <sub>four <p>five</p>", "one two three four five"),
        ("<ul><li>One</li><li>Two</li></ul>", "One Two"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("an ow\u00adl and a lam\u200bp\ufeff", "an owl and a lamp"),
        ("نمی\u200cدانم 👩\u200d🔬", "نمی\u200cدانم 👩\u200d🔬"),
        ("ភាសា\u200bខ្មែរ", "ភាសា\u200bខ្មែរ"),
        ("<!-- a --><style>p {}</style><p>One</p>", "One"),
    ],
)
def test_html(fragment: str, text: str) -> None:
    assert one_line(fragment, is_html=True) == text


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("<jats:title>Abstract</jats:title><jats:p>An owl.</jats:p>", "An owl."),
        ("<jats:sec><jats:title>Aims</jats:title><jats:p>Owls.</jats:p></jats:sec>", "Aims Owls."),
        ("<jats:italic>Strix</jats:italic> owls<jats:xref>1</jats:xref>", "Strix owls1"),
        ("<ce:para>H<ce:inf>2</ce:inf>O</ce:para>", "H2O"),
        (f"of <jats:inline-formula>{TEX}</jats:inline-formula>", r"of $\alpha_0$"),
        (
            f"of <jats:alternatives>{TEX}\n{mathml('<mi>α</mi>', 'mml:')}</jats:alternatives> owls",
            "of α owls",
        ),
        (f"of {mathml('<mi>α</mi>')}{TEX} owls", "of α owls"),
        (f"of {TEX} and {mathml('<mi>β</mi>')}", r"of $\alpha_0$ and β"),
        ("<inline-formula><tex-math>$n<m>0$ </tex-math></inline-formula>", "$n<m>0$"),
        ("<tex-math>\\(x\\)</tex-math>, <tex-math></tex-math>", "$x$,"),
    ],
)
def test_jats(fragment: str, text: str) -> None:
    assert one_line(fragment) == text


@pytest.mark.parametrize(
    "text",
    [
        "We prove p<n and q>m", "a <b and c> d", "x<y>z for List<Title>", "R&D, AT&T and a&b;c",
        "R&D of <b> tags", "The tags <b> and </b> are old", "<p> and <div> elements, compared",
        "(</i>) ends what “<i>” begins", "0<i and j>0", "a <br> tag", "&c. &foo; &notit;",
    ],
)  # fmt: skip
def test_prose_keeps_its_words(text: str) -> None:
    assert plain_text(text, is_html=False) == text


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        # Escaped once and twice.
        ("&lt;p&gt;Gest&atilde;o &amp;amp; rios&lt;/p&gt;", "Gestão & rios"),
        ("&amp;lt;p&amp;gt;Gest&amp;atilde;o, no &amp;acirc;mbito&amp;lt;/p&amp;gt;",
         "Gestão, no âmbito"),
        ("Gest&amp;atilde;o it&amp;#8217;s", "Gestão it’s"),
        ("Science &amp;amp; Owls, R&amp;amp;D", "Science & Owls, R&D"),
        ("p &lt; 0.05 &amp; q &gt; 1", "p < 0.05 & q > 1"),
        # About mark-up.
        ("Lamps &amp; owls: R&amp;D of &lt;b&gt; tags", "Lamps & owls: R&D of <b> tags"),
        ("how &amp;lt; is written in &amp;lt;p&amp;gt;", "how &lt; is written in &lt;p&gt;"),
        ("what &amp;nbsp; means", "what &nbsp; means"),
    ],
)  # fmt: skip
def test_what_is_escaped(fragment: str, text: str) -> None:
    assert one_line(fragment) == one_line(fragment, is_html=True) == text


def test_paragraphs_stay_apart() -> None:
    read = plain_text("<p>One <i>a</i></p>\n<p>Two<br/>three</p>")
    assert [part.strip() for part in read.split("\n\n") if part.strip()] == ["One a", "Two\nthree"]


def test_an_element_of_xml() -> None:
    element = fromstring(
        "<t>Of <b>CO<sub>2</sub></b> &amp; <x:math xmlns:x='http://www.w3.org/1998/Math/MathML'>"
        "<x:msup><x:mn>10</x:mn><x:mn>5</x:mn></x:msup></x:math> &lt;i&gt;owls&lt;/i&gt;<p>Two</p>"
        "</t>"
    )
    assert element_text(element) == "Of CO2 & 10^5 owls\n\nTwo\n\n"
    assert element_text(fromstring("<t>p &lt;n and &amp;</t>")) == "p <n and &"


WORDS = st.text(string.ascii_letters + string.digits + " äß.,;αβ−", max_size=12)
NAMES = ("p", "i", "sub", "sup", "msub", "mfrac", "mrow", "mi", "mo", "math", "td", "span")


def _elements(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, prefix, parts: f"<{prefix}{name}>{''.join(parts)}</{prefix}{name}>",
        st.sampled_from(NAMES), st.sampled_from(("", "jats:", "mml:")),
        st.lists(inside, max_size=3),
    )  # fmt: skip


DOCUMENTS = st.lists(st.recursive(WORDS, _elements, max_leaves=12), max_size=4).map("".join)


@given(DOCUMENTS, st.integers(0, 2))
def test_no_tag_is_left_and_no_letter_invented(document: str, levels: int) -> None:
    written = f"<p>{document}x</p>"
    for _ in range(levels):
        written = html.escape(written)
    read = plain_text(written)
    assert "<" not in read
    assert plain_text(read) == read
    words = re.sub(r"<[^>]*>", "", document) + "x"
    assert sorted(filter(str.isalnum, read)) == sorted(filter(str.isalnum, words))


@given(
    st.text(
        st.characters(exclude_characters="<&\u00ad\u200b\ufeff\u2060\u2061\u2062\u2063\u2064")
    ).filter(lambda text: repaired(text) == text)
)
def test_text_without_markup_is_unchanged(text: str) -> None:
    assert plain_text(text) == text


@given(st.text(alphabet="<>/&;=\"' abpimlth-!x"))
def test_anything_is_read(text: str) -> None:
    plain_text(text)
    plain_text(text, is_html=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["<", "<math>", "<math><msup>", "&amp;", "&amp;amp;", "amp;", "<b a=", '<b a="', "<!--",
     "<script>", "<sub></sub>", "</p>", " </p>", "<mrow></mrow><sub></sub>", "<br>",
     "<tex-math>x</tex-math><math>", r"<tex-math>\begin{document}", "1<sup>2", "<title> ", "&#",
     "&lt;/b&gt;", "<msup><mi>x</mi>"],
)  # fmt: skip
def test_hostile_text_takes_linear_time(unit: str) -> None:
    plain_text(unit * (300_000 // len(unit)))  # hangs for minutes if anything is quadratic

"""What names one paper is refused with a cure; what only looks foreign is left alone."""

import pytest

from digest.matching.query import KeywordError, parse


@pytest.mark.parametrize(
    ("pasted", "what"),
    [
        ("2401.01234", "This is the arXiv id of a paper."),
        ("arXiv:2401.01234v2", "This is the arXiv id of a paper."),
        ("hep-th/9901001", "This is the arXiv id of a paper."),
        ("math.AG/0501001", "This is the arXiv id of a paper."),
        ("10.1000/xyz.123", "This is the DOI of a paper."),
        ("doi:10.1000/xyz", "This is the DOI of a paper."),
        ("PMID: 12345678", "This is the PubMed id of a paper."),
        ("PMC1234567", "This is the PubMed id of a paper."),
        ("all:2401.01234", "This is the arXiv id of a paper."),
        ("https://doi.org/10.1000/xyz", "This is the address of a paper."),
        ("https://arxiv.org/abs/2401.01234", "This is the address of a paper at arXiv."),
        ("arxiv.org/pdf/2401.01234v2.pdf", "This is the address of a paper at arXiv."),
        ("https://pubmed.ncbi.nlm.nih.gov/12345678/", "This is the address of a PubMed record."),
        ("https://huggingface.co/papers/2401.01234", "a paper at Hugging Face."),
    ],
)
def test_what_names_one_paper_is_no_keyword(pasted: str, what: str) -> None:
    with pytest.raises(KeywordError) as caught:
        parse(pasted)
    assert what in caught.value.message
    assert "Enter a phrase from the title" in caught.value.message
    assert "Missed a paper?" in caught.value.message
    assert caught.value.position == 0
    assert not parse(f'"{pasted}"').notes  # in quotes it is looked for in the texts


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        ("nature[ta]", "Nothing of this query of PubMed is left"),
        ("PY=2020", "only says what to exclude, or from when on"),
        ("LIMIT-TO(DOCTYPE, ar)", "Nothing of this query of Scopus is left"),
        ("#1 AND (#2)", "lines of a search history"),
        ("https://scholar.google.com/citations?user=x", "somebody’s profile"),
        ("https://scholar.google.com/scholar?cites=5", "papers that cite"),
        ("https://arxiv.org/help", "a web address without a search"),
        ("https://arxiv.org/list/unknown.XY/recent", "a web address without a search"),
        ("https://www.webofscience.com/wos/woscc/summary/1", "Copy the query itself"),
        ("https://arxiv.org/search/?query=" + "%20".join("a" * 40), "It has 40 words"),
        (
            f"https://arxiv.org/search/?{'&'.join('a=1' for _ in range(40))}&query=",
            "without a search",
        ),
    ],
)
def test_what_cannot_be_searched_for_is_said(pasted: str, sentence: str) -> None:
    with pytest.raises(KeywordError) as caught:
        parse(pasted)
    assert sentence in caught.value.message
    assert caught.value.message.endswith(".")


def test_an_exclusion_is_translated_too() -> None:
    keyword = parse("-TITLE(survey) AND PUBYEAR > 2019")
    assert keyword.excludes
    assert keyword.translation == "-(title:survey AND since:2020)"
    assert parse(keyword.translation) == keyword
    with pytest.raises(KeywordError) as caught:
        parse("  -10.1000/xyz")
    assert caught.value.position == 3


@pytest.mark.parametrize(
    "text",
    [
        "cats and dogs", "cats or dogs", "1,2-dichlorobenzene", "attention is all: you need",
        "N=4 super yang mills", "AI = a new electricity", "open source: a survey", "vitamin [3H]",
        "CO:H2 ratio", "all (children)", "title:robot", "hinton[au]", "foo bar[tiab]",
        "x NOT y[ti]",
        'intitle:diffusion author:"Ho"', "cat:cs.CL", "since:2020 robots", "cs", "math", "C++",
        "GPT-4.5", "10.5 Tesla", "2401.01", "w/o supervision", "near field", "since 2020",
        "AND/OR trees", "p.P.", "key (cryptography)", "Title (draft)", "50% off", "robots 2020..",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_query_is_left_alone(text: str) -> None:
    keyword = parse(text)
    if text == "robots 2020..":  # a range of Google's, open at its end
        assert keyword.translation == "robots AND since:2020"
        return
    assert keyword.translation == ""
    assert keyword.in_our_language == text


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("TITLE-ABS-KEY(a OR b", "the bracket before “a OR b” is never closed"),
        ("TS=(a) OR", "“OR” needs a word"),
        ("asthma[mh] AND", "“AND” needs a word"),
        ('all:"open', "is never closed"),
        ("TS=a b AND PY=)", "was never opened"),
    ],
)
def test_a_damaged_query_is_read_as_text_and_said_so(pasted: str, reason: str) -> None:
    keyword = parse(pasted)
    assert keyword.translation == ""
    assert any(reason in note for note in keyword.notes), keyword.notes
    assert len(keyword.notes) == 1


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("https://huggingface.co/papers?q=robot+hands", "robot hands"),
        ("https://huggingface.co/papers?search=robot", "robot"),
        ("https://www.semanticscholar.org/search?q=robot%20hands&sort=relevance", "robot hands"),
        ("https://www.scopus.com/results/results.uri?s=TITLE%28robot%29&src=s", "title:robot"),
    ],
)
def test_addresses_of_other_searches(address: str, ours: str) -> None:
    keyword = parse(address)
    assert (keyword.translation, keyword.notes) == (ours, ())


def test_an_address_elsewhere_is_looked_for_as_words_and_said_so() -> None:
    keyword = parse("https://github.com/some/code")
    assert keyword.canonical == "http github com some code"
    assert keyword.notes == (
        "an address is looked for as words: “https://github.com/some/code”",
    )  # fmt: skip

"""Queries of PubMed and Google Scholar as they are pasted, their translation, and what is lost."""

import pytest

from digest.matching.query import parse


@pytest.mark.parametrize(
    ("pasted", "ours", "notes"),
    [
        ("heart failure[MeSH Terms]",
         "heart failure",
         ["subject headings are looked for as words in titles and abstracts: “heart failure[Me"
          "SH Terms]”"]),
        ('"Diabetes Mellitus, Type 2"[Mesh] AND insulin[tiab]',
         "Diabetes Mellitus Type 2 AND insulin",
         ['subject headings are looked for as words in titles and abstracts: “"Diabetes Mellit'
          'us, Type 2"[Mesh]”']),
        ("Neoplasms/therapy[mh:noexp] OR cancer[majr]",
         "Neoplasms OR cancer",
         ["subject headings are looked for as words in titles and abstracts: “Neoplasms/therap"
          "y[mh:noexp]”, “cancer[majr]”"]),
        ("asthma[mh] AND review[pt] AND english[la]",
         "asthma",
         ["left out: “review[pt]” (types of publication can’t be searched)",
          "left out: “english[la]” (languages can’t be searched)",
          "subject headings are looked for as words in titles and abstracts: “asthma[mh]”"]),
        ("asthma review[pt]",
         "asthma",
         ["left out: “review[pt]” (types of publication can’t be searched)"]),
        ("sepsis[tiab] AND 2020:2024[dp]",
         "sepsis AND since:2020",
         ["the end of “2020:2024[dp]” is left out: digests bring what is new"]),
        ('("2020/01/01"[Date - Publication] : "3000"[Date - Publication]) AND sepsis',
         "since:2020-01-01 AND sepsis",
         []),
        ("sepsis[Title] AND 2023[dp] NOT animals[mh]",
         "title:sepsis AND since:2023 NOT animals",
         ["the end of “2023[dp]” is left out: digests bring what is new",
          "subject headings are looked for as words in titles and abstracts: “animals[mh]”"]),
        ('("heart attack"[mh] OR ("heart"[all fields] AND "attack"[all fields])) NOT 2019[dp]',
         'heart attack OR ("heart" AND "attack")',
         ["the end of “2019[dp]” is left out: digests bring what is new",
          "subject headings are looked for as words in titles and abstracts: “\"heart attack\""
          "[mh]”",
          "left out: “NOT since:2019” (digests bring what is new)"]),
        ("Smith J[au] AND Doe A[1au]",
         "author:Smith J AND author:Doe A",
         ["“Doe A[1au]”: any of the authors counts"]),
        ("cancer[ti] OR tumor[ti] AND mice[ti]",
         "(title:cancer OR title:tumor) AND title:mice",
         []),
        ('("lung cancer"[tiab:~3] OR carcinoma*[tw]) AND nature[ta]',
         '"lung cancer"~3 OR carcinoma*',
         ["left out: “nature[ta]” (journals can’t be searched)"]),
        ('stroke[Title/Abstract] AND "Mayo Clinic"[ad]',
         "stroke AND org:Mayo Clinic",
         []),
        ('"neural network*"[tiab] OR transformer[ot]',
         "neural network* OR transformer",
         []),
        ("sepsis[TIAB] NOT (letter[pt] OR editorial[pt])",
         "sepsis",
         ["left out: “letter[pt]”, “editorial[pt]” (types of publication can’t be searched)"]),
        ("https://pubmed.ncbi.nlm.nih.gov/?term=asthma+OR+copd+AND+children%5Btiab%5D&filter=y"
         "ears.2019-2024&filter=pubt.review",
         "(asthma OR copd) AND children AND since:2019",
         ["left out: “pubt.review” (we can’t filter by that)",
          "the end of “2019–2024” is left out: digests bring what is new"]),
    ],
)  # fmt: skip
def test_queries_of_pubmed(pasted: str, ours: str, notes: list[str]) -> None:
    keyword = parse(pasted)
    assert (keyword.in_our_language, list(keyword.notes)) == (ours, notes)
    assert parse(ours) == keyword


@pytest.mark.parametrize(
    ("pasted", "ours", "notes"),
    [
        ("allintitle: graph neural networks",
         "title:(graph AND neural AND networks)",
         []),
        ('allintitle: "graph neural" OR gnn survey -medical',
         'title:(("graph neural" OR gnn) AND survey NOT medical)',
         []),
        ("allintext: protein folding",
         "protein AND folding",
         ["full texts are not searched, only titles and abstracts: “allintext:”"]),
        ('intitle:diffusion "image synthesis" source:nature',
         'title:diffusion AND "image synthesis"',
         ["left out: “source:nature” (journals can’t be searched)"]),
        ('author:"J Smith" deep learning',
         'author:"J Smith" deep learning',
         []),
        ('author:hinton source:"Nature Medicine"',
         "author:hinton",
         ['left out: “source:"Nature Medicine"” (journals can’t be searched)']),
        ("speech recognition 2019..2024",
         "speech recognition AND since:2019",
         ["the end of “2019..2024” is left out: digests bring what is new"]),
        ("speech recognition after:2020 before:2024-06",
         "speech recognition AND since:2020",
         ["left out: “before:2024-06” (digests bring what is new)"]),
        ('llm OR "language model" safety site:arxiv.org',
         '(llm OR "language model") AND safety',
         ["left out: “site:arxiv.org” (we can’t filter by that)"]),
        ("https://scholar.google.com/scholar?hl=en&as_sdt=0%2C5&q=graph+neural+networks+-surve"
         "y&as_ylo=2020",
         "graph neural networks AND since:2020 NOT survey",
         []),
        ("scholar.google.de/scholar?q=&as_q=attention&as_epq=vision+transformer&as_oq=cnn+rnn&"
         "as_eq=survey&as_occt=title",
         'title:(attention AND "vision transformer" AND (cnn OR rnn) NOT survey)',
         []),
        ("https://scholar.google.com/scholar?as_q=robots&as_sauthors=Ada+Lovelace&as_publicati"
         "on=Science&as_yhi=2020",
         "robots AND author:Ada Lovelace",
         ["left out: “Science” (journals can’t be searched)",
          "left out: “–2020” (digests bring what is new)"]),
    ],
)  # fmt: skip
def test_queries_of_google_scholar(pasted: str, ours: str, notes: list[str]) -> None:
    keyword = parse(pasted)
    assert (keyword.in_our_language, list(keyword.notes)) == (ours, notes)
    assert parse(ours) == keyword

"""An invented file of PubMed's, as large as those of its yearly baseline: 30,000 articles."""

import random
from collections.abc import Iterator

ARTICLES = 30_000
_HEAD = (
    b'<?xml version="1.0" encoding="utf-8"?>\n'
    b'<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)
_ARTICLE = (
    '<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>'
    "<DateRevised><Year>2026</Year><Month>11</Month><Day>21</Day></DateRevised>"
    '<Article PubModel="Print-Electronic"><Journal><ISSN IssnType="Electronic">1234-5678</ISSN>'
    '<JournalIssue CitedMedium="Internet"><Volume>7</Volume><PubDate><Year>2026</Year>'
    "<Month>Nov</Month></PubDate></JournalIssue><Title>Journal of Invented Rivers</Title>"
    "<ISOAbbreviation>J Inv Riv</ISOAbbreviation></Journal><ArticleTitle>{title}.</ArticleTitle>"
    '<ELocationID EIdType="doi" ValidYN="Y">{doi}</ELocationID><Abstract>{abstract}</Abstract>'
    '<AuthorList CompleteYN="Y">{authors}</AuthorList><Language>eng</Language>'
    '<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>'
    '</PublicationTypeList><ArticleDate DateType="Electronic"><Year>2026</Year><Month>11</Month>'
    "<Day>18</Day></ArticleDate></Article><MeshHeadingList>{headings}</MeshHeadingList>"
    '<KeywordList Owner="NOTNLM"><Keyword MajorTopicYN="N">{keyword}</Keyword></KeywordList>'
    "</MedlineCitation><PubmedData><ArticleIdList>"
    '<ArticleId IdType="pubmed">{pmid}</ArticleId><ArticleId IdType="doi">{doi}</ArticleId>'
    "</ArticleIdList></PubmedData></PubmedArticle>\n"
)
_PART = '<AbstractText Label="{0}" NlmCategory="{0}">{1}.</AbstractText>'
_AUTHOR = (
    '<Author ValidYN="Y"><LastName>{0}</LastName><ForeName>{1}</ForeName><Initials>A</Initials>'
    "</Author>"
)
_HEADING = (
    '<MeshHeading><DescriptorName UI="D0{0:05}" MajorTopicYN="N">{1}</DescriptorName></MeshHeading>'
)


def pubmed_file(count: int = ARTICLES, seed: int = 20_261_121) -> Iterator[bytes]:
    """Yield the file in pieces, 3,200 bytes an article; every hundredth title recurs in it."""
    draw = random.Random(seed)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=2 + n % 9)) for n in range(9000)]
    texts = [" ".join(draw.choices(words, k=47)).capitalize() for _ in range(500)]
    yield _HEAD
    for number in range(count):
        title = " ".join(draw.choices(words, k=11)).capitalize()
        labels = ("BACKGROUND", "RESULTS", "CONCLUSIONS")
        article = _ARTICLE.format(
            pmid=30_000_000 + number,
            title="Introduction" if number % 100 == 0 else title,
            doi=f"10.9999/{seed}.{number}",
            abstract="".join(_PART.format(label, draw.choice(texts)) for label in labels),
            authors="".join(_AUTHOR.format(*draw.choices(words, k=2)) for _ in range(5)),
            headings="".join(_HEADING.format(n, draw.choice(words)) for n in range(2)),
            keyword=draw.choice(words),
        )
        yield article.encode()
    yield b"</PubmedArticleSet>\n"

"""Answers of PubMed's EFetch, and NLM's files of citations: XML.

https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html describes the elements. A set holds
articles of journals, chapters of books, and the numbers of citations that were deleted.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO
from xml.etree.ElementTree import Element

from .entries.json_answers import unique_names, valid_name, valid_names
from .fields.dates import PublishedOn, published, published_parts
from .fields.journals import is_preprint_server
from .identifiers.ids import arxiv_id, doi
from .records import BadDump, Page, PageStream, Record, Skipped
from .text.decoding import peek
from .text.markup import element_text
from .text.xml_stream import children
from .text.xml_tree import noted, read_tree, root_name
from .validation import DELETED, build_page, excerpt, one_line, title_rejection, with_sound_abstract

NAME = "pubmed"
_SETS = ("PubmedArticleSet", "PubmedBookArticleSet")
_CITATIONS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")
_ERROR = "eFetchResult"
_PAGE = "https://pubmed.ncbi.nlm.nih.gov/"
# A title in another language, without a translation.
_NOT_TRANSLATED = "[not available]"
_NO_LABEL = frozenset({"UNLABELLED", "UNLABELED"})
_RETRACTED = "Retracted Publication"
_CURE = "Fetch the response again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like a set of citations, or like EFetch's error."""
    return root_name(peek(data)) in (*_SETS, _ERROR)


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of a set, which has no day of its own: only `listed_on` gives one.

    Raises BadDump if PubMed answered with an error.
    """
    found = root_name(peek(data))
    tree = read_tree(data, found if found in (*_SETS, _ERROR) else _SETS[0], _CITATIONS)
    root = tree.root
    if root.tag == _ERROR:
        said = excerpt(one_line(root.findtext(".//ERROR"))) or "no reason given"
        raise BadDump(f"PubMed returned an error ({said}). Correct the query and fetch it again.")
    day = listed_on
    results = _results(root, day or received_on, tree.is_damaged)
    return noted(build_page(NAME, day, [*results, *tree.skipped], _CURE), tree)


def parse_stream(file: IO[bytes], received_on: date, listed_on: date | None = None) -> PageStream:
    """Return the papers of a set as parse() does, read one by one: NLM's files have 30,000."""
    results = _results(children(file, _SETS), listed_on or received_on)
    return PageStream(NAME, listed_on, results, _CURE)


def _results(
    citations: Iterable[Element], as_of: date, damaged: bool = False
) -> Iterator[Record | Skipped]:
    for citation in citations:
        if citation.tag == "DeleteCitation":
            for number in citation.iterfind("PMID"):
                yield Skipped(excerpt(f"PMID {_words(number)}"), DELETED)
        elif citation.tag == "PubmedArticle":
            read = _read(citation, "MedlineCitation", "Article", as_of, damaged)
            yield from with_sound_abstract(read, damaged=damaged)
        elif citation.tag == "PubmedBookArticle":
            read = _read(citation, "BookDocument", "", as_of, damaged)
            yield from with_sound_abstract(read, damaged=damaged)


def _read(
    citation: Element, outer: str, inner: str, as_of: date, damaged: bool
) -> Record | Skipped:
    document = citation.find(outer)
    article = document.find(inner) if inner and document is not None else document
    if document is None or article is None:
        return Skipped(f"a {citation.tag}", "it contains no article")
    number = one_line(document.findtext("PMID"))
    title, abstract = _title(article), _abstract(article)
    journal = valid_name(article.findtext("Journal/Title"))
    if reason := title_rejection(title, abstract, damaged=damaged):
        return Skipped(excerpt(title or f"PMID {number}"), reason)
    identifiers = list(_identifiers(citation, article))
    identifier = next((found for text in identifiers if (found := _arxiv_id(text))), "")
    its_doi = next(filter(None, map(doi, identifiers)), "")
    dated = _published_on(article)
    has_page = number.isascii() and number.isdigit() and not (identifier or its_doi)
    return Record(
        title=title,
        abstract=abstract,
        authors=valid_names(_authors(article)),
        author_count=_author_count(article),
        journal="" if is_preprint_server(journal) else journal,
        published_on=dated.day if dated else None,
        published_precision=dated.precision if dated else "day",
        url=f"{_PAGE}{number}/" if has_page else "",
        arxiv_id=identifier,
        doi=its_doi,
        keywords=unique_names(map(_words, document.iterfind("KeywordList/Keyword"))),
        withdrawn_on=as_of if _is_retracted(document) else None,
    )


def _words(element: Element | None) -> str:
    """Return all text of the element on one line, formulas and indices as readable text."""
    return "" if element is None else one_line(element_text(element))


def _title(article: Element) -> str:
    title = _words(article.find("ArticleTitle"))
    if title and not title.lower().startswith(_NOT_TRANSLATED):
        return title
    return _words(article.find("VernacularTitle")) or _words(article.find("Book/BookTitle"))


def _abstract(article: Element) -> str:
    """Return the parts of the abstract, each label and each part a paragraph."""
    found = []
    for part in article.iterfind("Abstract/AbstractText"):
        label = one_line(part.get("Label"))
        if words := _words(part):
            found += [label, words] if label.upper() not in _NO_LABEL else [words]
    return "\n\n".join(filter(None, found))


def _authors(article: Element) -> Iterator[str]:
    for author in _author_elements(article):
        parts = (one_line(author.findtext(part)) for part in _parts_of_a_name(author))
        if found := " ".join(filter(None, parts)) or _words(author.find("CollectiveName")):
            yield found


def _parts_of_a_name(author: Element) -> tuple[str, ...]:
    return ("ForeName" if author.find("ForeName") is not None else "Initials", "LastName", "Suffix")


def _author_elements(article: Element) -> Iterator[Element]:
    """Yield the authors, without a book's editors and without names that were corrected later."""
    for each in article.iterfind("AuthorList"):
        if each.get("Type", "authors") == "authors":
            yield from (author for author in each if author.get("ValidYN", "Y") == "Y")


def _author_count(article: Element) -> int | None:
    is_whole = all(each.get("CompleteYN", "Y") == "Y" for each in article.iterfind("AuthorList"))
    return (len(list(_author_elements(article))) or None) if is_whole else None


def _published_on(article: Element) -> PublishedOn | None:
    """Return the day of the electronic publication, else that of the issue, else its month, season
    or year.
    """
    paths = ("ArticleDate", "Journal/JournalIssue/PubDate", "ContributionDate", "Book/PubDate")
    found = [dated for path in paths for each in article.iterfind(path) if (dated := _dated(each))]
    days = (dated for dated in found if dated.precision == "day")
    return next(days, next(iter(found), None))


def _dated(element: Element) -> PublishedOn | None:
    """Return the date of an element: a year with or without month and day, a season, or free text
    that begins with a year (MedlineDate: 1998 Dec-1999 Jan).
    """
    if text := one_line(element.findtext("MedlineDate")):
        return published(text) or published_parts(text[:4])
    names = ("Year", "Month", "Day", "Season")
    year, month, day, season = (one_line(element.findtext(name)) for name in names)
    parts = (year, month or season, day)
    return published_parts(*parts) or published_parts(*parts[:2]) or published_parts(year)


def _identifiers(citation: Element, article: Element) -> Iterator[str]:
    """Yield the article's own identifiers; those of its references stand deeper."""
    for element in article.iterfind("ELocationID"):
        if element.get("ValidYN", "Y") == "Y":
            yield _words(element)
    for path in ("PubmedData", "PubmedBookData", "BookDocument"):
        yield from map(_words, citation.iterfind(f"{path}/ArticleIdList/ArticleId"))


def _arxiv_id(text: str) -> str:
    """Return the arXiv id in a text that names the arXiv: journals number articles alike."""
    return arxiv_id(text) if "arxiv" in text.lower() else ""


def _is_retracted(document: Element) -> bool:
    kinds = document.iterfind(".//PublicationType")
    corrections = document.iterfind("CommentsCorrectionsList/CommentsCorrections")
    return any(_words(kind) == _RETRACTED for kind in kinds) or any(
        each.get("RefType") == "RetractionIn" for each in corrections
    )

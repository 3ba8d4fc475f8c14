"""Which column of a table holds which field of a paper, and which tables are exports of searches.

The names are those that `manage.py papers --json` prints, and what spreadsheets, reference managers
and the search pages of Scopus, Web of Science, Lens, Embase, Dimensions, OpenAlex, PubMed, IEEE and
Springer call the same things. Case, blanks and signs in names do not matter.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_NAMES = {
    "title": "title papertitle articletitle documenttitle itemtitle ti",
    "abstract": "abstract abstractnote abstracttext summary ab",
    "authors": "authors author authornames authorfullnames creators creator au "
    "authorshipsauthordisplayname authorshipsrawauthorname",
    "author_count": "authorcount numberofauthors numauthors nauthors",
    "organization": "organization organisation institution affiliation",
    "journal": "journal journaltitle journalname journalbook sourcetitle publicationtitle "
    "publicationname containertitle primarylocationsourcedisplayname venue conferencetitle "
    "journalconference publication",
    "published_on": "publishedon published publishedat publicationdate publisheddate pubdate date "
    "datepublished dateofpublication coverdate",
    "published_precision": "publishedprecision",
    "year": "year publicationyear pubyear yearpublished publishedyear yearofpublication",
    "url": "url link address uri href paperurl linktopaper articleurl externalurl fulltextlink "
    "primarylocationlandingpageurl sourcelinkout",
    "arxiv_id": "arxivid arxiv eprint arxivnumber",
    "doi": "doi doiurl doilink itemdoi",
    "pmid": "pmid pubmedid medlinepmid",
    "upvotes": "upvotes votes likes",
    "comment_count": "commentcount numberofcomments numcomments comments",
    "keywords": "keywords keyword authorkeywords aikeywords tags manualtags keywordsdisplayname",
    "more_keywords": "indexkeywords keywordsplus meshterms automatictags ieeeterms "
    "emtreemedicalindextermsmajorfocus",
    "categories": "categories category subjects subject arxivcategories",
    "kind": "itemtype",
    "publication_kind": "publicationtype contenttype",
    "note": "extra",
    "code_url": "codeurl code codelink github githuburl githubrepo repository",
    "project_url": "projecturl project projectpage projectlink",
    "withdrawn_on": "withdrawnon withdrawnat retractedon",
    "listed_on": "listedon listed listingdate",
    "ai_summary": "aisummary",
    "id": "id identifier",
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split()}
# Of two columns for one field, these are better whatever their place: full names.
_BETTER = frozenset({"authorfullnames", "af"})
# What only exports of searches and of reference managers call a column.
_EXPORTERS = {
    "Scopus": "sourcetitle eid indexkeywords",
    "Lens": "sourcetitle lensid",
    "Web of Science": "sourcetitle authorfullnames utuniquewosid keywordsplus",
    "Dimensions": "sourcetitle publicationid dimensionsurl pubyear",
    "Embase": "authornames embaseaccessionid embaselink medlinepmid",
    "PubMed": "journalbook nihmsid",
    "IEEE Xplore": "ieeeterms dateaddedtoxplore documentidentifier",
    "SpringerLink": "itemdoi",
    "Publish or Perish": "gsrank",
    "OpenAlex": "authorshipsauthordisplayname authorshipsrawauthorname "
    "primarylocationsourcedisplayname",
    "Zotero": "abstractnote itemtype manualtags",
}
_MARKS = frozenset(name for names in _EXPORTERS.values() for name in names.split())
# Web of Science's tab-delimited files name columns by its tags, of which ID and SO mean other
# things elsewhere.
_WOS_MARKS = ({"pt", "ti"}, {"au", "ti", "so"})
_WOS = {
    "ti": "title", "ab": "abstract", "au": "authors", "af": "authors", "so": "journal",
    "de": "keywords", "id": "more_keywords", "pd": "issue", "ea": "published_on", "py": "year",
    "di": "doi", "pm": "pmid", "pt": "publication_kind",
}  # fmt: skip
# SpringerLink writes the names of authors one after the other, without anything between them.
_SPRINGER_MARK, _SPRINGER = "itemdoi", {"authors": ""}
_OPENALEX_MARKS = frozenset({
    "authorshipsauthordisplayname", "authorshipsrawauthorname", "citedbyapiurl",
    "primarylocationsourcedisplayname", "publicationdate", "publicationyear",
})  # fmt: skip
_OPENALEX = {
    "displayname": "title", "id": "page", "type": "publication_kind", "isretracted": "is_retracted",
}  # fmt: skip
_NOT_IN_A_NAME = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """The fields that the columns of a table hold, "" for unknown ones, in the columns' order."""

    fields: tuple[str, ...]
    order: tuple[int, ...]  # indices of the known columns, the better ones first
    is_export: bool = False
    is_quoted: bool = True  # else a quotation mark is a character like others


@lru_cache(1024)
def field_for_column(name: str) -> str:
    """Return the field that a column of that name holds; "" if it is unknown."""
    return _FIELDS.get(_squeezed(name), "")


@lru_cache(64)
def read_columns(names: tuple[str, ...]) -> Columns:
    """Return what the columns of these names hold."""
    squeezed = list(map(_squeezed, names))
    given = set(squeezed)
    is_wos = any(marks <= given for marks in _WOS_MARKS)
    known = _known_names(given, is_wos)
    fields = tuple(known.get(name, "") for name in squeezed)
    places = [place for place, field in enumerate(fields) if field]
    order = sorted(places, key=lambda place: squeezed[place] not in _BETTER)
    is_openalex = "page" in known.values()
    is_export = is_wos or is_openalex or not _MARKS.isdisjoint(given)
    return Columns(fields, tuple(order), is_export, is_quoted=not is_wos)


def _known_names(given: set[str], is_wos: bool) -> dict[str, str]:
    if is_wos:
        return _WOS
    known = dict(_FIELDS)
    if _SPRINGER_MARK in given:
        known |= _SPRINGER
    if "displayname" in given and not _OPENALEX_MARKS.isdisjoint(given):
        known |= _OPENALEX
    return known


def _squeezed(name: str) -> str:
    return _NOT_IN_A_NAME.sub("", name.casefold())

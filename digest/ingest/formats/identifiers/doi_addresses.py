"""DOIs in the addresses of publishers' pages, without what a publisher's site writes behind them.

A DOI may hold slashes and end in anything (https://www.doi.org/doi-handbook/, 2.2). So an ending is
only cut from addresses, never from a DOI by itself or behind a resolver, and only if sites are
known to write it.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

# https://www.crossref.org/blog/dois-and-matching-regular-expressions/
DOI = re.compile(r"(?<![\w.])10\.\d{4,9}(?:\.\d+)*/[^\s\"”\x00-\x1f\x7f\ud800-\udfff]+", re.ASCII)
ADDRESS = re.compile(r"https?://[^\s\"“”]+", re.I)
_PARTS = re.compile(r"https?://([^/?#]*)([^?#]*)(?:\?([^#]*))?", re.I)
_RESOLVERS = re.compile(r"(?:[\w-]+\.)*doi\.org|(?:dx-)?doi-org\.[\w.-]+", re.I | re.ASCII)
# Parts of a page, its forms and its files: https://…/doi/10.1000/x/full, …/10.1000/x.full.pdf.
_ENDING = re.compile(
    r"(?:/(?:abs|abstract|asset/.*|bibtex|cit(?:ation|e|ed-?by)s?|comments?|download|epdf|epub"
    r"|figures?(?:/\d+)?|full|full[-_]?text|html?|info|issuetoc|keywords|meta|metrics|pdf|pdfdirect"
    r"|references|related|ris|suppinfo|suppl(?:_file(?:/.*)?|ement(?:ary|al)?(?:[-_]materials?)?)?"
    r"|summary|tables?(?:/\d+)?|tab-[\w-]+|xml|-/.*)"
    r"|\.(?:abstract|article-info|article-metrics|epub|extract|full|full[-_]?text|html?|long|pdf"
    r"|short|supplementary-material|xml)"
    r"|;jsessionid=[^/]*|/)\Z",
    re.I,
)
# Silverchair's sites (OUP, MIT Press, AIP): …/article/doi/10.1162/tacl_a_1/119001/Its-title.
_ARTICLE = re.compile(r"(?:article|chapter|book|proceedings|issue)[\w-]*/doi/\Z", re.I)
_NUMBERED = re.compile(r"(10\.\d{4,9}/.+?)/\d{4,10}(?:/[^/]*)?")
_NUMBERED_OUP = re.compile(r"(10\.1093/[^/]+/[^/]+)/\d{4,10}(?:/[^/]*)?")
# bioRxiv and medRxiv; the version is in the address and no part of the DOI.
_BIORXIV = re.compile(r"(10\.(?:1101|64898)/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8})(?:v\d{1,3})\b.*")
_BIORXIV_VERSION = re.compile(r"10\.(?:1101|64898)/\d{4}\.\d\d\.\d\d\.\d+v\d.*")
_PARAMETERS = ("id", "doi", "rft_id")
_MOST_ENDINGS = 8


def doi_in_address(address: str) -> str:
    """Return the DOI that a web address names or stands for, without what its site adds; "" if
    there is none.
    """
    parts = _PARTS.match(address)
    if parts is None:
        return ""
    host, path, query = parts[1].lower().removeprefix("www."), unquote(parts[2]), parts[3] or ""
    found = DOI.search(path)
    if found and _RESOLVERS.fullmatch(host):
        return found[0]
    if found:
        return _without_endings(found[0], path[: found.start()])
    return _in_query(query) or _stood_for(host, path, query)


def without_version(name: str) -> str:
    """Return a DOI of bioRxiv or medRxiv without the version that their addresses add."""
    return found[1] if (found := _BIORXIV.fullmatch(name)) else name


def _without_endings(name: str, before: str) -> str:
    for _ in range(_MOST_ENDINGS):
        shorter = _ENDING.sub("", name)
        if shorter == name or not DOI.fullmatch(shorter):
            break
        name = shorter
    if _BIORXIV_VERSION.fullmatch(shorter := without_version(name)):
        return ""  # too short or too long a number: no DOI of theirs
    name = shorter
    numbered = _NUMBERED_OUP if name.startswith("10.1093/") else _NUMBERED
    if _ARTICLE.search(before) and (found := numbered.fullmatch(name)):
        return found[1]
    return name


def _in_query(query: str) -> str:
    """Return the DOI that a parameter gives, as on PLOS's sites: article?id=10.1371/…"""
    for parameter in query.split("&"):
        name, _, value = parameter.partition("=")
        if name.lower() in _PARAMETERS and (found := DOI.search(unquote(value))):
            return found[0]
    return ""


def _nature(name: str) -> str:
    # Journals of Palgrave are on the same site.
    owner = "10.1057" if name.startswith(("s41599-", "palcomms")) else "10.1038"
    return f"{owner}/{name}"


# Host, what its path or query is like, and the DOI that follows from its groups.
_SITES: tuple[tuple[str, re.Pattern[str], Callable[..., str]], ...] = tuple(
    (host, re.compile(pattern, re.I | re.ASCII), made)
    for host, pattern, made in (
        (
            "nature.com",
            r"/articles/([sd]\d{5}-\d{3}-\d{4,5}-[\da-z]|[a-z]{3,10}\.?\d{3,5}(?:\.\d{1,4})?)"
            r"(?:\.pdf|_reference\.pdf|/.*)?(?:\?.*)?",
            _nature,
        ),
        ("zenodo.org", r"/records?/(\d{3,10})(?:\D.*)?", "10.5281/zenodo.{}".format),
        (
            "preprints.org",
            r"/manuscript/(\d{6}\.\d{4})/v(\d{1,2})(?:/.*|\?.*)?",
            "10.20944/preprints{}.v{}".format,
        ),
        ("papers.ssrn.com", r"/.*[?&]abstract_?id=(\d{4,9})(?:&.*)?", "10.2139/ssrn.{}".format),
        ("ssrn.com", r"/abstract=(\d{4,9})(?:\?.*)?", "10.2139/ssrn.{}".format),
        (
            "researchsquare.com",
            r"/article/rs-(\d{3,9})/v(\d{1,2})(?:\D.*)?",
            "10.21203/rs.3.rs-{}/v{}".format,
        ),
        (
            "osf.io",
            r"/preprints/psyarxiv/(\w{5}(?:_v\d+)?)(?:/.*|\?.*)?",
            "10.31234/osf.io/{}".format,
        ),
        (
            "elifesciences.org",
            r"/(?:articles|reviewed-preprints)/(\d{5,6})(?:\D.*)?",
            "10.7554/elife.{}".format,
        ),
        (
            "pubs.rsc.org",
            r"/en/content/article(?:landing|html|pdf)/\d{4}/\w{2}/([a-z]\d[a-z]{2}\d{5}[a-z])(?:\W.*)?",
            "10.1039/{}".format,
        ),
    )
)


def _stood_for(host: str, path: str, query: str) -> str:
    """Return the DOI of a page whose publisher makes its addresses and its DOIs of one number."""
    target = f"{path}?{query}" if query else path
    for site, pattern, made in _SITES:
        if host == site and (found := pattern.fullmatch(target)):
            return made(*found.groups())
    return ""

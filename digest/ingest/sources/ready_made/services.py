"""Services that an operator chooses and fills in. None of them was tried live: each follows its
documentation.

Left out is the ACL Anthology, which documents its data as a Git repository, files of all papers and
a Python library, but neither a feed of new papers nor an API that could be asked for them
(https://aclanthology.org/info/development/). DBLP, Crossref and OpenAlex have its papers.

Each window of days overlaps with those before, by as much as the service may index late: what comes
twice changes nothing.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from .service_definition import BadField, Service, ServiceField, ServiceKey, Values, encoded, issns

_CRYPTOLOGY = ("APPLICATIONS", "PROTOCOLS", "FOUNDATIONS", "IMPLEMENTATION", "SECRETKEY",
               "PUBLICKEY", "ATTACKS")  # fmt: skip
_SCHOLAR_FIELDS = (
    "title,abstract,authors,externalIds,url,year,publicationDate,venue,journal,s2FieldsOfStudy"
)
QUERY = "query"


def _crossref(values: Values) -> str:
    journals = ",".join(f"issn:{each}" for each in issns("issn", values["issn"]))
    return (
        f"https://api.crossref.org/v1/works?filter={journals},from-created-date:{{date-2}},"
        "until-created-date:{date}&rows=200&cursor={cursor:*}&mailto={contact}"
    )


def _europe_pmc(values: Values) -> str:
    window = encoded("[") + "{date-3}" + encoded(" TO ") + "{date}" + encoded("]")
    entered = f"CREATION_DATE%3A{window}{encoded(' OR ')}FIRST_IDATE%3A{window}"
    query = f"{encoded('(' + values[QUERY] + ') AND (')}{entered}{encoded(')')}"
    return (
        f"https://www.ebi.ac.uk/europepmc/webservices/rest/search?query={query}&resultType=core"
        "&format=json&pageSize=200&cursorMark={cursor:*}"
    )


def _openalex(values: Values) -> str:
    filters = ["from_publication_date:{date-14}", "to_publication_date:{date}"]
    if values["filter"]:
        filters.append(encoded(values["filter"]))
    if not (values[QUERY] or values["filter"]):
        raise BadField(QUERY, "Enter search words or a filter.")
    search = f"&search={encoded(values[QUERY])}" if values[QUERY] else ""
    return (
        f"https://api.openalex.org/works?filter={','.join(filters)}{search}"
        "&per_page=100&cursor={cursor:*}"
    )


def _semantic_scholar(values: Values) -> str:
    return (
        "https://api.semanticscholar.org/graph/v1/paper/search/bulk"
        f"?query={encoded(values[QUERY])}&publicationDateOrYear={{date-14}}:{{date}}"
        f"&fields={_SCHOLAR_FIELDS}&token={{cursor}}"
    )


def _pubmed(values: Values) -> str:
    return (
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi"
        f"?db=pubmed&term={encoded(values[QUERY])}&datetype=edat&mindate={{date-2:%Y/%m/%d}}"
        "&maxdate={date:%Y/%m/%d}&usehistory=y&retmax=200&tool=paper-digest&email={contact}"
    )


def _iacr(values: Values) -> str:
    category = f"&category={values['category']}" if values["category"] else ""
    return f"https://eprint.iacr.org/rss/rss.xml?order=recent{category}"


def _feed(values: Values) -> str:
    address = values["address"]
    try:
        parts = urlsplit(address)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_whole = False
    if not is_whole or " " in address:
        raise BadField("address", "Enter the feed’s address, starting with https://.")
    return address.replace("{", "%7B").replace("}", "%7D")


_ALL = (
    Service(
        name="crossref",
        title="Crossref: journals by ISSN",
        brings="Articles of one or more journals, the day after their publisher registered "
               "them. Many publishers do not give abstracts to Crossref.",
        limits="One request per second, one at a time. The contact address is sent along.",
        documentation=(
            "https://www.crossref.org/documentation/retrieve-metadata/rest-api/"
            "rest-api-filters/",
            "https://www.crossref.org/documentation/retrieve-metadata/rest-api/"
            "access-and-authentication/",
        ),
        fields=(
            ServiceField(
                "issn",
                "ISSN",
                "One or more, separated by spaces, like 0028-0836. Printed and electronic "
                "editions have different ones; see the journal’s page.",
            ),
        ),
        address=_crossref,
        source={
            "format": "crossref", "list_path": "message.items",
            "cursor_path": "message.next-cursor", "daily_at": 5,
        },
        key=ServiceKey(
            "SOURCE_CROSSREF_KEY",
            "header:Crossref-Plus-API-Token",
            "Only for members of Metadata Plus; the variable contains “Bearer ” and the key.",
        ),
    ),
    Service(
        name="europepmc",
        title="Europe PMC: a query",
        brings="Life-science articles and preprints with abstracts, the day after they were "
               "added.",
        limits="One request per second. No key needed.",
        documentation=("https://europepmc.org/RestfulWebService",),
        fields=(
            ServiceField(
                QUERY,
                "Query",
                "As in the search box of europepmc.org: TITLE_ABS:(sepsis) AND SRC:PPR",
            ),
        ),
        address=_europe_pmc,
        source={
            "format": "europepmc", "list_path": "resultList.result",
            "cursor_path": "nextCursorMark", "daily_at": 5,
        },
    ),
    Service(
        name="openalex",
        title="OpenAlex: a query",
        brings="Works from all fields, published in the last two weeks.",
        limits="Needs a key, which is free and covers about 1,000 searches a day, or 10,000 "
               "requests with only a filter. At most five requests per second.",
        documentation=(
            "https://developers.openalex.org/guides/page-through-results",
            "https://developers.openalex.org/guides/filtering",
            "https://developers.openalex.org/api-reference/authentication",
        ),
        fields=(
            ServiceField(QUERY, "Words", "Searched in titles, abstracts and full texts.", False),
            ServiceField(
                "filter",
                "Filter",
                "In OpenAlex’s filter syntax, separated by commas: "
                "primary_location.source.issn:0028-0836,is_oa:true",
                False,
            ),
        ),
        address=_openalex,
        source={
            "format": "openalex", "list_path": "results",
            "cursor_path": "meta.next_cursor", "daily_at": 6,
        },
        key=ServiceKey(
            "SOURCE_OPENALEX_KEY",
            "query:api_key",
            "Get it at openalex.org/settings/api.",
            required=True,
        ),
    ),
    Service(
        name="semanticscholar",
        title="Semantic Scholar: bulk search",
        brings="Papers from all fields, published in the last two weeks. Some have no abstract, "
               "because their publishers do not share it.",
        limits="One request every three seconds. Without a key you share one limit with many "
               "others and sometimes get an error 429; the request is retried later.",
        documentation=(
            "https://api.semanticscholar.org/api-docs/graph",
            "https://www.semanticscholar.org/product/api",
        ),
        fields=(
            ServiceField(
                QUERY,
                "Query",
                "Words in titles and abstracts: + between words that must all occur, | for "
                "alternatives, - before words to exclude, quotes around phrases.",
            ),
        ),
        address=_semantic_scholar,
        source={
            "format": "semantic_scholar", "list_path": "data", "cursor_path": "token",
            "daily_at": 6,
        },
        key=ServiceKey(
            "SOURCE_SEMANTIC_SCHOLAR_KEY",
            "header:x-api-key",
            "Get it at semanticscholar.org/product/api.",
        ),
    ),
    Service(
        name="pubmed",
        title="PubMed: a query",
        brings="Biomedical articles with abstracts, the day after they were added.",
        limits="Two requests per second; at most 10,000 articles a day. The contact address is "
               "sent along.",
        documentation=(
            "https://www.ncbi.nlm.nih.gov/books/NBK25499/",
            "https://www.ncbi.nlm.nih.gov/books/NBK25497/",
        ),
        fields=(
            ServiceField(
                QUERY, "Query", "As in the search box of PubMed: sepsis[tiab] AND english[la]"
            ),
        ),
        address=_pubmed,
        source={"format": "pubmed", "daily_at": 5},
        key=ServiceKey(
            "SOURCE_NCBI_KEY", "query:api_key", "Get it in your account at ncbi.nlm.nih.gov."
        ),
    ),
    Service(
        name="iacr",
        title="IACR ePrint",
        brings="The newest 100 preprints in cryptology, with abstracts.",
        limits="Once a day, as the archive requests.",
        documentation=("https://eprint.iacr.org/rss/",),
        fields=(
            ServiceField(
                "category",
                "Category",
                "One category, or all.",
                False,
                (("", "all"), *((each, each.lower()) for each in _CRYPTOLOGY)),
            ),
        ),
        address=_iacr,
        source={"format": "feed", "daily_at": 4},
    ),
    Service(
        name="feed",
        title="A journal’s feed (RSS, Atom)",
        brings="Whatever the feed lists, often only titles and citations. If Crossref, PubMed "
               "or Europe PMC have the journal’s abstracts, they are added to the papers.",
        limits="Every four hours; unchanged feeds are not downloaded again.",
        documentation=("https://www.rssboard.org/rss-specification", "https://www.rfc-editor.org/rfc/rfc4287"),
        fields=(
            ServiceField(
                "address",
                "Address of the feed",
                "Behind “RSS” or “Alerts” on the journal’s page.",
            ),
        ),
        address=_feed,
        source={"every_minutes": 240},
    ),
)  # fmt: skip
SERVICES: Mapping[str, Service] = {each.name: each for each in _ALL}

"""Servers that answer as the services document: their paging, their windows of days, their errors.

Each holds papers by the day on which they were entered (published, for those that search by it).
"""

import json
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..source_factory import TODAY
from ..web_server import Answer, Request, reply

Papers = Mapping[date, tuple[str, ...]]
ABSTRACT = "We built it, measured it for a year, and report what we found."


def json_reply(answer: object, status: int = 200) -> Answer:
    return reply(status, json.dumps(answer).encode(), Content_Type="application/json")


class ServiceServer(ABC):
    """A service with `papers`; its pages hold `size` of them at most."""

    path = "/"
    size = 2

    def __init__(self, papers: Papers) -> None:
        self.papers = papers

    def __call__(self, asked: Request) -> Answer:
        parts = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self.answer(parts.path, query)

    def between(self, first: str, last: str) -> list[str]:
        """Return the titles of the papers of these days."""
        start, end = (date.fromisoformat(each.replace("/", "-")) for each in (first, last))
        return [
            title for day, titles in self.papers.items() if start <= day <= end for title in titles
        ]

    @abstractmethod
    def answer(self, path: str, query: dict[str, str]) -> Answer: ...


def doi(title: str) -> str:
    return f"10.9999/{title.lower().replace(' ', '-')}"


def number_of(title: str) -> int:
    return zlib.crc32(title.encode()) % 10**8


class Crossref(ServiceServer):
    """Gives a cursor with every page, the last one too, and the same one while a search lasts."""

    def __init__(self, papers: Papers) -> None:
        super().__init__(papers)
        self._next = 0

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        filters = dict(each.split(":", 1) for each in query["filter"].split(","))
        if path != "/v1/works" or filters.keys() != {
            "issn",
            "from-created-date",
            "until-created-date",
        }:
            error = [{"type": "parameter-not-allowed", "message": "This filter is not available"}]
            return json_reply({"status": "failed", "message": error}, 400)
        found = self.between(filters["from-created-date"], filters["until-created-date"])
        self._next = 0 if query["cursor"] == "*" else self._next + self.size
        items = [self._work(each) for each in found[self._next : self._next + self.size]]
        message = {
            "total-results": len(found),
            "items": items,
            "next-cursor": "DnF1ZXJ5VGhlbkZldGNo/==",
        }
        return json_reply(
            {
                "status": "ok",
                "message-type": "work-list",
                "message-version": "1.0.0",
                "message": message,
            }
        )

    def _work(self, title: str) -> dict[str, Any]:
        return {
            "DOI": doi(title),
            "type": "journal-article",
            "title": [title],
            "container-title": ["Journal of Invented Rivers"],
            "author": [{"given": "Ada", "family": "Author", "sequence": "first"}],
            "abstract": f"<jats:p>{ABSTRACT}</jats:p>",
            "created": {"date-parts": [[TODAY.year, TODAY.month, TODAY.day]]},
            "published": {"date-parts": [[TODAY.year, TODAY.month]]},
        }


class EuropePmc(ServiceServer):
    """Leaves out the cursor at the end; older versions repeat the one they were asked for."""

    repeats_cursor = False

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        assert path == "/europepmc/webservices/rest/search"
        first, _, last = query["query"].partition("FIRST_IDATE:[")[2].partition("]")[0].split()
        found = self.between(first, last)
        start = 0 if query["cursorMark"] == "*" else int(query["cursorMark"].removeprefix("AoI+/"))
        items = [self._article(each) for each in found[start : start + self.size]]
        answer: dict[str, Any] = {
            "version": "6.9",
            "hitCount": len(found),
            "request": {"queryString": query["query"]},
        }
        if start + self.size < len(found):
            answer["nextCursorMark"] = f"AoI+/{start + self.size}"
        elif self.repeats_cursor:
            answer["nextCursorMark"] = f"AoI+/{start + len(items)}"
        return json_reply(answer | {"resultList": {"result": items}})

    def _article(self, title: str) -> dict[str, Any]:
        return {
            "id": str(number_of(title)),
            "source": "PPR",
            "doi": doi(title),
            "title": title,
            "authorString": "Author A.",
            "abstractText": ABSTRACT,
            "pubYear": str(TODAY.year),
            "authorList": {"author": [{"fullName": "Author A", "firstName": "Ada"}]},
            "firstPublicationDate": TODAY.isoformat(),
        }


class OpenAlex(ServiceServer):
    """Answers 401 to a cursor without a key; its last cursor is null."""

    key = "openalex-key-12345"

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        if query.get("api_key") != self.key:
            return json_reply(
                {"error": "Unauthorized", "message": "An API key is needed for a cursor"}, 401
            )
        filters = dict(each.split(":", 1) for each in query["filter"].split(","))
        found = self.between(filters["from_publication_date"], filters["to_publication_date"])
        start = 0 if query["cursor"] == "*" else int(query["cursor"])
        results = [self._work(each) for each in found[start : start + self.size]]
        following = str(start + self.size) if results else None
        meta = {
            "count": len(found),
            "per_page": self.size,
            "next_cursor": following,
            "db_response_time_ms": 9,
        }
        return json_reply({"meta": meta, "results": results, "group_by": []})

    def _work(self, title: str) -> dict[str, Any]:
        return {
            "id": f"https://openalex.org/W{number_of(title)}",
            "title": title,
            "doi": f"https://doi.org/{doi(title)}",
            "publication_date": TODAY.isoformat(),
            "authorships": [{"author": {"display_name": "Ada Author"}}],
            "abstract_inverted_index": {
                word: [place] for place, word in enumerate(dict.fromkeys(ABSTRACT.split()))
            },
        }


class SemanticScholar(ServiceServer):
    """Gives a token while there are more papers; the first request has none."""

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        if query.get("token") == "" or "," not in query["fields"]:
            return json_reply({"error": "Unacceptable query params: [token]"}, 400)
        assert path == "/graph/v1/paper/search/bulk"
        first, last = query["publicationDateOrYear"].split(":")
        found = self.between(first, last)
        start = int(query.get("token", "PCOA0")[4:])
        data = [self._paper(each) for each in found[start : start + self.size]]
        has_more = start + self.size < len(found)
        token = f"PCOA{start + self.size}" if has_more else None
        return json_reply({"total": len(found), "token": token, "data": data})

    def _paper(self, title: str) -> dict[str, Any]:
        return {
            "paperId": f"{number_of(title):040x}"[:40],
            "title": title,
            "abstract": ABSTRACT,
            "externalIds": {"DOI": doi(title)},
            "publicationDate": TODAY.isoformat(),
            "authors": [{"authorId": "1", "name": "Ada Author"}],
            "url": "https://s2.example/1",
        }


class PubMed(ServiceServer):
    """Keeps what a search found under a WebEnv, and gives it in batches."""

    def __init__(self, papers: Papers) -> None:
        super().__init__(papers)
        self._found: list[str] = []

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/entrez/eutils/esearch.fcgi":
            assert (query["db"], query["datetype"], query["usehistory"]) == ("pubmed", "edat", "y")
            self._found = self.between(query["mindate"], query["maxdate"])
            count = f"<Count>{len(self._found)}</Count>"
            history = "<QueryKey>1</QueryKey><WebEnv>MCID_65f</WebEnv>"
            return reply(body=f"<eSearchResult>{count}{history}</eSearchResult>".encode())
        assert path == "/entrez/eutils/efetch.fcgi"
        if query["WebEnv"] != "MCID_65f":
            return json_reply({"error": "Cannot retrieve history data"}, 400)
        start = int(query["retstart"])
        batch = self._found[start : start + int(query["retmax"])]
        articles = "".join(map(self._article, batch))
        return reply(body=f"<PubmedArticleSet>{articles}</PubmedArticleSet>".encode())

    def _article(self, title: str) -> str:
        return (
            f"<PubmedArticle><MedlineCitation><PMID>{number_of(title)}</PMID><Article>"
            f"<ArticleTitle>{title}.</ArticleTitle><Abstract><AbstractText>{ABSTRACT}</AbstractText>"
            "</Abstract><AuthorList><Author><LastName>Author</LastName><ForeName>Ada</ForeName>"
            "</Author></AuthorList></Article></MedlineCitation><PubmedData><ArticleIdList>"
            f'<ArticleId IdType="doi">{doi(title)}</ArticleId></ArticleIdList></PubmedData>'
            "</PubmedArticle>"
        )


class Feed(ServiceServer):
    """A feed of the newest papers, which knows no days."""

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        found = [title for titles in self.papers.values() for title in titles]
        items = "".join(
            f"<item><title>{title}</title><link>https://eprint.example/2026/{number}</link>"
            f"<description>{ABSTRACT}</description><dc:creator>Ada Author</dc:creator>"
            "<pubDate>Fri, 20 Nov 2026 06:00:00 +0000</pubDate></item>"
            for number, title in enumerate(found)
        )
        return reply(
            body='<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>New</title>{items}'
            "</channel></rss>".encode()
        )


def days_ago(number: int) -> date:
    return TODAY - timedelta(days=number)

"""A crawler that walks every link changes nothing, and costs no memory that stays.

CRAWL_SECONDS makes it walk for longer.
"""

import os
import re
import time
from collections import deque
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from digest.simulation.process_costs import memory
from tests.support.five_processes import shell
from tests.web_server.serving import WebServer, web_server

pytestmark = pytest.mark.slow
SECONDS = float(os.environ.get("CRAWL_SECONDS", "15"))
GROWTH_MB = 40
NO_LIMITS = "pages=none search=none feeds=none keywords=none"
_LINK = re.compile(rb'(?:href|src)="([^"#]+)')
_FILL = """
from datetime import date, timedelta
from django.utils import timezone
from digest.ingest.papers.search_documents import write_documents
from digest.models import Digest, DigestEntry, Paper
from subscriptions.links import Purpose, token
from tests.support import factories
from tests.web.pages import dump
day = timezone.now().date()
words = "robot knitting weaving speech diffusion graph neural federated clinics maps".split()
for number in range(300):
    text = [words[number % 10], words[number // 10 % 10], words[number // 30]]
    factories.paper(
        " ".join(text).title() + f" {number}", abstract=f"We study {text[1]} of {text[0]}. " * 9,
        listed_on=day - timedelta(days=number // 5), authors=[f"Ada {words[number % 7].title()}"],
        categories=["cs.LG" if number % 2 else "cs.RO"], arxiv_id=f"2611.{number:05}",
    )
for ago in range(60):
    listed = day - timedelta(days=ago)
    dump(listed, *Paper.objects.filter(listed_on=listed), name=f"{ago}.txt")
due = timezone.now() + timedelta(days=2)
person = factories.subscriber("ada@example.org", *words[:5], next_due_at=due)
sent = timezone.now() - timedelta(hours=3)
digest = Digest.objects.create(
    subscriber=person, local_date=day, not_before=sent, expires_at=sent, composed_at=sent,
    from_seq=0, to_seq=300, state="sent", entries=[
        DigestEntry(paper.pk, ("robot",), "title match") for paper in Paper.objects.all()[:30]
    ],
)
for purpose, row in [("preferences", person), ("digest", digest), ("unsubscribe", person)]:
    print(f"/{purpose}/{token(Purpose[purpose.upper()], row.pk)}/")
"""
_COUNT = """
from django.apps import apps
from django.contrib.sessions.models import Session
for model in apps.get_models():
    if model is not Session:
        print(model._meta.label, list(model._default_manager.order_by("pk").values()))
"""


def workers(server: WebServer) -> float:
    """The memory of the server's processes, in MB."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return sum(memory(int(pid)) for pid in children.split())


def crawl(server: WebServer, starts: list[str]) -> tuple[int, float]:
    """Walk all links for SECONDS; return how many pages, and by how many MB memory has grown since
    the first 80 of them."""
    starts = ["/", "/search/?q=robot", *starts]
    waiting, seen = deque(starts), set(starts)
    count, before, end = 0, 0.0, time.monotonic() + SECONDS
    site = f"http://127.0.0.1:{server.port}"
    with httpx.Client(base_url=site, timeout=60, headers={"Host": "localhost"}) as client:
        while waiting and time.monotonic() < end:
            answer = client.get(path := waiting.popleft())
            count += 1
            assert answer.status_code < 500, (path, answer.text)
            assert answer.status_code in (200, 301, 302, 304, 404, 410), (path, answer.status_code)
            if count == 80:
                before = workers(server)
            links = [unescape(found.decode()) for found in _LINK.findall(answer.content)]
            for link in (*links, answer.headers.get("Location", "")):
                address = urlsplit(urljoin(f"http://localhost{path}", link))
                target = address._replace(scheme="", netloc="", fragment="").geturl()
                if address.hostname == "localhost" and target not in seen:
                    seen.add(target)
                    waiting.append(target)
    assert count > 100, count
    for part in ("archive", "day", "feeds", "papers", "preferences", "search"):
        assert any(path.startswith(f"/{part}/") for path in seen), part
    return count, workers(server) - before


def test_a_crawler_leaves_everything_as_it_is(tmp_path: Path) -> None:
    with web_server(tmp_path / "var", LIMITS=NO_LIMITS) as server:
        starts = shell(server.site, _FILL).split()
        rows = shell(server.site, _COUNT)
        count, growth = crawl(server, starts)
        assert shell(server.site, _COUNT) == rows
    assert growth < GROWTH_MB, f"{growth:.0f} MB after {count} pages"

"""A search finds what the index in memory finds, on both databases, also while papers are stored.

The index is compared with the slow matcher in tests/matching/index/test_against_reference.py.
"""

import json
import pickle
from contextlib import suppress
from pathlib import Path

import pytest

from digest.matching.index import PaperIndex
from digest.matching.query import KeywordError, parse
from tests.matching import reference, samples
from tests.matching.keyword_sampler import KeywordSampler
from tests.support.five_processes import migrated_site, shell
from tests.support.site import Site

PAPERS, KEYWORDS, FIRST = 2_000, 300, 1_500
pytestmark = [
    pytest.mark.slow,
    pytest.mark.samples,
    pytest.mark.skipif(not samples.LISTED.exists(), reason=f"no sample papers at {samples.LISTED}"),
]
# Stores the papers [start, end) of the file, in dumps of a hundred.
_STORE = """
import pickle, pathlib
from django.db import transaction
from django.utils import timezone
from digest.ingest.formats import Page, Record
from digest.ingest.papers.upsert import upsert
from digest.models import Dump
papers = pickle.loads(pathlib.Path({file!r}).read_bytes())
for start in range({start}, {end}, 100):
    with transaction.atomic():
        dump = Dump.objects.create(
            sha256=f"{{start:064}}", state="parsed", intent="new", received_at=timezone.now()
        )
        some = papers[start:start + 100]
        upsert(dump, Page("hf_json", some[0].listed_on, [
            Record(p.title, p.abstract, arxiv_id=f"2401.{{p.id:05}}") for p in some
        ]))
"""
# Prints, for each keyword: how many papers were stored before it, and after it; what it found.
_SEARCH = """
import json, pathlib
from digest.matching.index import PaperIndex
from digest.matching.query import parse
from digest.models import Catalogue, Paper
from digest.search import search, searching
searching.SECONDS = 60
numbers = {{}}
for text in json.loads(pathlib.Path({file!r}).read_text()):
    before = Catalogue.current().newest_seq
    result = search(parse(text), most={papers})
    after = Catalogue.current().newest_seq
    assert result.stopped_at is None, text
    new = [pk for pk in result.paper_ids if pk not in numbers]
    numbers |= {{pk: int(name[5:]) for pk, name in
                Paper.objects.filter(pk__in=new).values_list("pk", "arxiv_id")}}
    print(json.dumps([before, after, sorted(numbers[pk] for pk in result.paper_ids)]))
"""


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, set[int]]]:
    """The papers in a file, and keyword -> the numbers of those that the index finds."""
    papers = samples.papers(PAPERS)
    drawn = KeywordSampler([f"{p.title} {p.abstract}" for p in papers], seed=17)
    index = PaperIndex(papers, through=PAPERS)
    found: dict[str, set[int]] = {}
    while len(found) < KEYWORDS:
        text = reference.render(drawn.spec())
        with suppress(KeywordError):  # it contradicts itself, or only excludes
            found[text] = set(index.ids(index.evaluate(parse(text))))
    folder = tmp_path_factory.mktemp("papers")
    (folder / "papers").write_bytes(pickle.dumps(papers))
    (folder / "keywords").write_text(json.dumps(list(found)))
    return folder, found


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    return migrated_site(request, tmp_path)


def test_agrees_with_the_index(site: Site, wanted: tuple[Path, dict[str, set[int]]]) -> None:
    folder, expected = wanted
    file = str(folder / "papers")
    shell(site, _STORE.format(file=file, start=0, end=FIRST))
    program = _SEARCH.format(file=str(folder / "keywords"), papers=PAPERS)
    storing = _STORE.format(file=file, start=FIRST, end=PAPERS)
    with site.start("shell", "--no-imports", "-c", storing) as process:
        while process.poll() is None:
            check(shell(site, program), expected)
        assert process.returncode == 0, process.communicate()
    last = check(shell(site, program), expected)
    assert last == [PAPERS] * 2


def check(output: str, expected: dict[str, set[int]]) -> list[int]:
    """What was stored before a search is found, nothing else than what was stored after it."""
    before = after = 0
    for line, (text, numbers) in zip(output.splitlines(), expected.items(), strict=True):
        before, after, found = json.loads(line)
        assert {n for n in numbers if n <= before} <= set(found), text
        assert set(found) <= {n for n in numbers if n <= after}, text
        assert len(found) == len(set(found)), text
    return [before, after]

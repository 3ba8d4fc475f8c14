"""Generated subscribers and papers: each matching paper once, and each reason in the mail true by
the slow matcher, which shares no code with the one that composes."""

import re
from typing import NamedTuple

import pytest
from bs4 import BeautifulSoup
from django.db import transaction
from hypothesis import assume, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from digest.matching.query import Keyword, KeywordError, parse
from digest.models import Paper
from digest.rendering.digest_message import compose_digest
from tests.matching import reference
from tests.matching.index.test_against_reference import SPEC, TEXT
from tests.support import factories
from tests.support.caches import forget
from tests.support.mails import (
    digest_of,
    flat,
    html_of,
    links_of_html,
    links_of_text,
    parsed,
    text_of,
)

pytestmark = pytest.mark.django_db

ODD = st.sampled_from(
    [
        " <b> ",
        " & ",
        " </td> ",
        " <!-- ",
        ' "q" ',
        " 深層学習 ",
        " تعلم ",
        " $\\gamma_2$ ",
        "\n",
        "",
    ]
)
TRENDING = "Trending papers"
_TAG = re.compile(r"</?[a-z]+>")  # the slow matcher knows no HTML; it parts no words
PAPER = st.tuples(
    st.tuples(ODD, TEXT, ODD, TEXT).map("".join).map(lambda title: title.strip() or "Untitled"),
    st.tuples(TEXT, ODD, TEXT).map("".join),
)


class Wish(NamedTuple):
    """A keyword as the two matchers want it."""

    keyword: Keyword
    spec: reference.Spec


def wishes(specs: list[reference.Spec]) -> list[Wish]:
    """Those that can be used, each meaning once; plurals in capitals have tests of their own."""
    found: dict[Keyword, Wish] = {}
    for spec in specs:
        try:
            keyword = parse(reference.render(spec))
        except KeywordError:
            continue
        if "MODELS" not in str(spec) and not keyword.excludes:
            found.setdefault(keyword, Wish(keyword, spec))
    return list(found.values())


class Case(NamedTuple):
    """Papers (title, abstract), what somebody wants of them and leaves out, and how their mail is
    to be."""

    papers: list[tuple[str, str]]
    wanted: list[Wish]
    unwanted: list[Wish]
    fields: dict[str, object]


@st.composite
def cases(draw: st.DrawFn, most: int) -> Case:
    papers = draw(st.lists(PAPER, min_size=1, max_size=most))
    # Words of the papers, so that several keywords hit one; and whatever else can be typed.
    words = sorted({word for paper in papers for word in " ".join(paper).split() if word.isalnum()})
    known = st.tuples(st.just("phrase"), st.sampled_from(words or ["fine"]))
    specs = draw(st.lists(known, max_size=4)) + draw(st.lists(SPEC, min_size=1, max_size=3))
    wanted = wishes(specs)
    assume(wanted)
    return Case(
        papers,
        wanted,
        wishes(draw(st.lists(known, max_size=1))),
        {
            "max_papers": draw(st.integers(1, 12)),
            "abstracts": draw(st.sampled_from(["full", "short", "brief", "none"])),
            "frequency": draw(st.sampled_from(["daily", "weekly"])),
            "trending_top": draw(st.sampled_from([0, 0, 2])),
        },
    )


def reasons(wanted: list[Wish], unwanted: list[Wish], papers: list[Paper]) -> dict[int, set[str]]:
    """Paper id -> the keywords that hit it, by the slow matcher; none is left out."""
    found = {}
    for paper in papers:
        title, abstract = (_TAG.sub(" ", text) for text in (paper.title, paper.abstract))
        read = reference.words(title), reference.words(abstract)
        hits = {wish.keyword.text for wish in wanted if reference.matches(wish.spec, *read)}
        if hits and not any(reference.matches(wish.spec, *read) for wish in unwanted):
            found[paper.pk] = hits
    return found


def check(case: Case) -> None:
    _, wanted, unwanted, fields = case
    papers = [factories.paper(title, abstract=abstract) for title, abstract in case.papers]
    keywords = [wish.keyword.text for wish in wanted]
    keywords += [f"-{wish.keyword.text}" for wish in unwanted]
    subscriber = factories.subscriber("ada@example.org", *keywords, **fields)
    true = reasons(wanted, unwanted, papers)
    mail = parsed(compose_digest(digest_of(subscriber)))
    page = html_of(mail)
    output = reasons_of_page(page)
    assert output == reasons_of_text(text_of(mail))
    by_keyword = {paper: set(why) for paper, why in output if not why[0].startswith(TRENDING)}
    assert by_keyword == {paper: true[paper] for paper in by_keyword}
    assert len(by_keyword) == min(len(true), subscriber.max_papers)
    assert len({paper for paper, _ in output}) == len(output)
    assert links_of_html(mail) == links_of_text(mail)
    # Abstracts are too short to be cut; trending papers come last, without hits.
    assert all(card.select(".hit") for card in page.select(".card")[: len(by_keyword)])
    hidden = len(true) - len(by_keyword)
    assert (f"and {hidden} more" in text_of(mail)) is bool(hidden)


Reasons = list[tuple[int, list[str]]]
_WHY = re.compile(r"^(?:Also m|M)atches: (.*?)(?=^\[|\Z)", re.MULTILINE | re.DOTALL)


def reasons_of_page(page: BeautifulSoup) -> Reasons:
    """The papers of the mail in order, each with its keywords: of the heading, then its own."""
    found, heading = [], ""
    for cell in page.select(".section, .card, .row"):
        if (title := cell.select_one(".section-title")) is not None:
            count = title.select_one(".count")
            assert count is not None
            heading = flat(title.text).removesuffix(flat(count.text)).strip()
            continue
        why = cell.select_one(".reason")
        (link,) = [str(a["href"]) for a in cell.select("a[href]") if "/why/" in str(a["href"])]
        found.append((int(link.split("/")[-2]), split(heading, why.text if why else "")))
    return found


_OPEN_SIZE = re.compile(r" \(\d[^()]*$")


def reasons_of_text(text: str) -> Reasons:
    found, heading, why = [], "", ""
    for part in text.split("\n\n"):
        if part.lstrip().startswith("==="):
            first, *others = part.strip().splitlines()[1:]
            if _OPEN_SIZE.search(first) and others:  # a long keyword: the size is on two lines
                first = f"{first} {others[0]}"
            heading = re.sub(r" \(\d[^()]*\)$", "", first)
        if own := _WHY.search(part):
            why = own[0]
        for line in part.splitlines():
            if "Why this paper?" in line:
                found.append((int(line.split("/")[-2]), split(heading, why)))
                why = ""
    return found


def split(heading: str, reason: str) -> list[str]:
    """The keywords of a heading and a reason, without the isolates around those from right to
    left."""
    plain = re.sub("[\u2068\u2069]", "", flat(reason))
    plain = plain.removeprefix("Matches: ").removeprefix("Also matches: ")
    return [*filter(None, [re.sub("[\u2068\u2069]", "", heading), *plain.split(", ")])]


def rolled_back(case: Case) -> None:
    try:
        with transaction.atomic():
            check(case)
            transaction.set_rollback(True)
    finally:
        forget()


@settings_of_hypothesis(max_examples=12, deadline=None)
@given(cases(most=8))
def test_each_match_stands_once_and_each_reason_is_true(case: Case) -> None:
    rolled_back(case)


@pytest.mark.slow
@settings_of_hypothesis(max_examples=100, deadline=None)
@given(cases(most=12))
def test_it_holds_for_many_more(case: Case) -> None:
    rolled_back(case)

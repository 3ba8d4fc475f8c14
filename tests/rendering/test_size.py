"""However much there is to tell, a mail stays short enough to be shown whole."""

from datetime import date

import pytest
from bs4 import BeautifulSoup

from digest.mail.mime.composer import ComposedMail
from digest.models import DigestEntry
from tests.support import factories
from tests.support.mails import (
    ABSTRACT,
    html_of,
    links_of_html,
    links_of_text,
    mail_to,
    parsed,
    shelf,
)

pytestmark = pytest.mark.django_db


SCRIPTS = [
    "深層学習ロボット ",
    "تعلم الآلة ",
    r"$\mathcal{O}(n^2)$ \emph{deep} ",
    '<b> & </td> "q" ',
]


def crowded(papers: int, kind: str) -> ComposedMail:
    """A mail that every limit has to hold back."""
    for at in range(papers):
        script = SCRIPTS[at % 4]
        factories.paper(
            (script * 60)[:388] + f" robot {at}",
            abstract=(f"{script} robot <b> & $\\alpha$ " * 400)[:5000],
            authors=["é" * 200] * 5,
            url=f"https://arxiv.example/{at}" + "x" * 1500,
        )
    keywords = ["robot", *[f"{number} " + "k" * 190 for number in range(99)]]
    return mail_to(
        factories.subscriber(
            "a@example.org", *keywords, max_papers=papers, abstracts=kind, trending_top=20
        )
    )


@pytest.mark.parametrize(
    ("papers", "kind"),
    [(30, "short"), pytest.param(500, "full", marks=pytest.mark.slow)],
)
def test_the_size_is_bounded_whatever_comes(papers: int, kind: str) -> None:
    mail = crowded(papers, kind)
    assert 60_000 < len(mail.message) < 90_000
    read = parsed(mail)
    shown = len(html_of(read).select(".title, .row-title"))
    assert links_of_html(read) == links_of_text(read)
    assert sum(link.startswith("https://arxiv.example/") for link in links_of_html(read)) == shown
    assert shown >= 5
    assert f"and {papers - shown} more" in mail.text
    assert mail.subject == f"{papers} papers: robot — Fri 20 Nov"


def ranked(number: int, abstracts: str, url: str = "") -> BeautifulSoup:
    """A mail whose best papers are all of one keyword; the last two are of another."""
    words = ["robot"] * number + ["kettle"] * 2
    papers = [factories.paper(f"A {word} {at}", url=f"{url}{at}", abstract=ABSTRACT)
              for at, word in enumerate(words)]  # fmt: skip
    entries = [DigestEntry(paper.pk, (word,)) for paper, word in zip(papers, words, strict=True)]
    person = factories.subscriber("a@example.org", "robot", "kettle", abstracts=abstracts)
    return html_of(parsed(mail_to(person, entries=entries)))


def test_each_keyword_has_its_share_of_the_excerpts() -> None:
    page = ranked(12, "brief")
    shown = [title.text for title in page.select(".title")]
    assert sum("robot" in title for title in shown) == 4
    assert sum("kettle" in title for title in shown) == 2


def test_what_is_too_long_leaves_some_of_each_keyword() -> None:
    page = ranked(40, "none", "https://arxiv.example/" + "x" * 1900)
    shown = [title.text for title in page.select(".row-title")]
    assert 2 < len(shown) < 20
    assert sum("kettle" in title for title in shown) == 2


def test_abstracts_go_before_papers() -> None:
    shelf(25, abstract=ABSTRACT * 5)
    person = factories.subscriber("ada@example.org", "robot", max_papers=25, abstracts="full")
    page = html_of(parsed(mail_to(person)))
    whole = [bool(card.select(".abstract")) for card in page.select(".card, .row")]
    assert whole == sorted(whole, reverse=True)
    assert True in whole
    assert False in whole
    assert len(mail_to(person, local_date=date(2026, 11, 21)).message) < 90_000

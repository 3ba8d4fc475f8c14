"""Why a paper was sent or not, on the page of the mail and on the one that is forwarded."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from digest.models import Digest, DigestEntry, FollowUp, FormerName, Paper
from subscriptions.links import LIFETIMES, Purpose, token
from subscriptions.models import Subscriber
from tests.support import factories

from .pages import Page

pytestmark = pytest.mark.django_db
CHANGES = ("/less/", "/keyword/", "/pause/", "/preferences/", "/unsubscribe/", "/undo")


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber(
        "ada@example.org", "diffusion model", "federated learning", "-survey"
    )


def sent(person: Subscriber, *papers: Paper, **fields: Any) -> Digest:
    values = {
        "local_date": date(2026, 11, 20),
        "not_before": factories.MORNING,
        "expires_at": factories.MORNING,
        "composed_at": factories.MORNING,
        "from_seq": 0,
        "to_seq": 50,
        "state": "sent",
        "entries": [
            DigestEntry(each.pk, ("diffusion model",), "title match · 1 keyword") for each in papers
        ],
    }
    return Digest.objects.create(subscriber=person, **(values | fields))


def why(client: Client, digest: Digest, paper: int) -> Page:
    return Page(client.get(f"/why/{token(Purpose.WHY, digest.pk)}/{paper}/"))


def read(client: Client, digest: Digest, paper: int) -> Page:
    return Page(client.get(f"/digest/{token(Purpose.DIGEST, digest.pk)}/why/{paper}/"))


def marked(page: Page) -> list[str]:
    return page.source.replace("</mark>", "<mark>").split("<mark>")[1::2]


def test_a_hit_is_marked_and_dated(client: Client, person: Subscriber) -> None:
    paper = factories.paper(
        "Diffusion models for maps", abstract="We train a diffusion-model. " * 80
    )
    page = why(client, sent(person, paper), paper.pk)
    assert "Why you got this paper" in page.text
    assert marked(page)[:2] == ["Diffusion models", "diffusion-model"]
    assert len(marked(page)) == 81
    assert "The title says “Diffusion models”, the abstract says “diffusion-model”" in page.text
    assert "Listed 20 November 2026" in page.text
    assert "in your digest of 20 November 2026" in page.text
    assert "title match · 1 keyword" in page.text


def test_the_mail_s_page_offers_the_changes_the_mail_offers(
    client: Client, person: Subscriber
) -> None:
    paper = factories.paper("Diffusion models for maps")
    page = why(client, sent(person, paper), paper.pk)
    links = [link for link in page.links() if link.startswith(CHANGES)]
    assert [link.split("/")[1] for link in links] == ["less", "keyword"]
    assert [client.get(link).status_code for link in links] == [200, 200]


def test_an_old_page_gives_no_fresh_link(client: Client, person: Subscriber) -> None:
    paper = factories.paper("Diffusion models for maps")
    digest = sent(person, paper)
    made = datetime(2026, 11, 20, 12, tzinfo=UTC)
    lifetime = LIFETIMES[Purpose.EXCLUDE]
    assert lifetime
    with time_machine.travel(made, tick=False) as clock:
        where = f"/why/{token(Purpose.WHY, digest.pk)}/{paper.pk}/"
        clock.shift(lifetime - timedelta(minutes=1))
        late = [each for each in Page(client.get(where)).links() if each.startswith(CHANGES)]
        assert [client.get(each).status_code for each in late] == [200, 200]
        clock.shift(timedelta(minutes=2))
        assert [client.get(each).status_code for each in late] == [410, 410]
        page = Page(client.get(where))
        assert "Why you got this paper" in page.text
        assert not [link for link in page.links() if link.startswith(CHANGES)]


def test_what_may_be_passed_on_changes_nothing(client: Client, person: Subscriber) -> None:
    paper = factories.paper("Diffusion models for maps")
    digest = sent(person, paper)
    shown = Page(client.get(f"/digest/{token(Purpose.DIGEST, digest.pk)}/"))
    (link,) = [each for each in shown.links() if "/why/" in each]
    for page in (shown, Page(client.get(link)), read(client, digest, paper.pk)):
        assert not [each for each in page.links() if each.startswith(CHANGES)]
        assert {form["action"] for form in page.all("form")} <= {"/subscribe/"}
        # Nor does it tell the keywords that brought nothing.
        assert "federated" not in page.text
        assert "survey" not in page.text
        assert "ada@example.org" not in page.text


MISSES = {
    "None of your keywords match it": {"title": "Federated unlearning"},
    "One of your exclusions leaves it out": {"title": "A survey of diffusion models"},
    "we never send withdrawn papers": {"withdrawn_at": date(2026, 11, 19)},
    "are never e-mailed": {"seq": None},
    "after this digest was made": {"seq": 77},
    "before the time this digest covers": {"seq": 3},
    "they didn’t when this digest was made": {"seq": 30},
}


@pytest.mark.parametrize("sentence", MISSES)
def test_a_miss_has_its_nearest_reason(client: Client, person: Subscriber, sentence: str) -> None:
    paper = factories.paper(**({"title": "Diffusion models"} | MISSES[sentence]))
    page = why(client, sent(person, from_seq=10), paper.pk)
    assert "Why this paper isn’t in your digest" in page.text
    assert sentence in page.text
    assert "not to you, in the last 90 days" in page.text
    if sentence.startswith("No keyword"):
        assert "Closest: the title says “Federated unlearning”" in page.text


def test_a_paper_of_an_earlier_digest_says_which(client: Client, person: Subscriber) -> None:
    paper = factories.paper("Diffusion models")
    sent(person, paper, local_date=date(2026, 11, 12))
    sent(person, paper, local_date=date(2026, 11, 13), state="unknown")
    sent(factories.subscriber("eve@example.org"), paper, local_date=date(2026, 11, 14))
    page = why(client, sent(person), paper.pk)
    assert "in your digest of 12 November 2026" in page.text
    assert "13 November" not in page.text
    assert "14 November" not in page.text


@pytest.mark.parametrize("state", ["planned", "unknown", "failed"])
def test_what_was_not_sent_is_not_called_sent(
    client: Client, person: Subscriber, state: str
) -> None:
    paper = factories.paper("Diffusion models")
    assert "may not have been sent" in why(client, sent(person, paper, state=state), paper.pk).text


def test_a_trending_paper_and_a_keyword_that_hits_no_more(
    client: Client, person: Subscriber
) -> None:
    talked, changed = (
        factories.paper("Talked of", comment_count=12),
        factories.paper("Diffused models"),
    )
    entries = [
        DigestEntry(talked.pk, (), "12 comments"),
        DigestEntry(changed.pk, ("diffusion model", "OR " * 60), "title hit"),
    ]
    digest = sent(person, entries=entries)
    page = why(client, digest, talked.pk)
    assert "It was trending: 12 comments." in page.text
    assert "Ranked by 12 comments" in page.text
    assert not [link for link in page.links() if link.startswith("/trending/")]
    Subscriber.objects.update(trending_top=3)
    dropping = [each for each in why(client, digest, talked.pk).links() if "/trending/" in each]
    assert "Remove trending papers?" in Page(client.get(dropping[0])).text
    assert "doesn’t match" in why(client, digest, changed.pk).text


@pytest.mark.parametrize("number", [0, 999, 10**30])
def test_an_unknown_paper_is_a_sentence(client: Client, person: Subscriber, number: int) -> None:
    response = client.get(f"/why/{token(Purpose.WHY, sent(person).pk)}/{number}/")
    assert response.status_code == 404
    assert "has since been deleted" in Page(response).text


def test_hostile_titles_are_text(client: Client, person: Subscriber) -> None:
    title = "<script>x</script> & diffusion models \u202e <b>"
    paper = factories.paper(title, abstract="</p><img src=x>", url="javascript:x")
    digest = sent(person, paper)
    for page in (why(client, digest, paper.pk), read(client, digest, paper.pk)):
        assert not page.all("script")
        assert not [each for each in page.all("img") if each["src"] == "x"]
        assert not [link for link in page.links() if link.startswith("javascript")]


def test_many_papers_stand_under_their_keywords(client: Client, person: Subscriber) -> None:
    papers = [factories.paper(f"Diffusion models {n}") for n in range(9)]
    digest = sent(person, *papers, papers_read=40)
    digest.entries[8] = replace(digest.entries[8], keywords=("federated learning",))
    digest.save()
    page = Page(client.get(f"/digest/{token(Purpose.DIGEST, digest.pk)}/"))
    assert "diffusion model 8 papers" in page.text
    assert "federated learning 1 paper " in page.text
    assert len(page.all("h3")) == 9
    assert "9 of the 40 new papers since your last digest match" in page.text


def test_the_reading_page_tells_what_became_of_papers(client: Client, person: Subscriber) -> None:
    old = factories.paper("An older one", code_url="https://example.org/code")
    news = [FollowUp(paper, "code", date(2026, 11, 12)) for paper in (old.pk, 999)]
    digest = sent(person, follow_ups=news)
    page = Page(client.get(f"/digest/{token(Purpose.DIGEST, digest.pk)}/"))
    assert "An older one , sent to you on Thu 12 Nov, now has code." in page.text
    assert "https://example.org/code" in page.links()


def test_reading_asks_the_database_little(
    client: Client, person: Subscriber, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    papers = [factories.paper(f"Diffusion models {n}", listed_on=date.today()) for n in range(30)]
    digest = sent(person, *papers)
    for day in range(1, 20):
        sent(person, *papers, local_date=date(2026, 11, 20) - timedelta(days=day))
    own = f"/digest/{token(Purpose.DIGEST, digest.pk)}/"
    other = factories.paper("Another").pk
    for where, most in (
        (own, 14),
        (f"{own}why/{papers[0].pk}/", 2),
        (f"/why/{token(Purpose.WHY, digest.pk)}/{papers[0].pk}/", 4),
        (f"/why/{token(Purpose.WHY, digest.pk)}/{other}/", 6),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(where).status_code == 200


@pytest.mark.parametrize("purpose", [Purpose.WHY, Purpose.EXCLUDE])
@pytest.mark.parametrize("known_as", ["former", "present"])
def test_links_to_a_paper_that_proved_to_be_another_still_work(
    client: Client, person: Subscriber, purpose: Purpose, known_as: str
) -> None:
    paper = factories.paper("Diffusion models for maps", former=[9_999])
    FormerName.objects.create(paper=paper, former_id=9_999, name="x")
    digest = sent(person)
    digest.entries = [DigestEntry(9_999, ("diffusion model",), "title match · 1 keyword")]
    digest.save()
    number = 9_999 if known_as == "former" else paper.pk
    response = client.get(f"/{purpose}/{token(purpose, digest.pk)}/{number}/")
    page = Page(response)
    assert response.status_code == 200
    assert "Diffusion models for maps" in page.text
    assert "None of your keywords" not in page.text
    assert "isn’t in this digest" not in page.text

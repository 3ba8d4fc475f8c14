"""What stands in a digest: each reason true, each link ours or the paper's, all headers there."""

import re
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from digest.mail.mime.composer import header_text
from digest.mail.outbox import OutboxTransport, mails
from digest.models import Digest, DigestEntry, Dump, Listing, Paper
from digest.rendering.digest_message import compose_digest, preview
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions.links import Purpose, read
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.mails import digest_of, flat, html_of, links_of_html, parsed, text_of
from tests.support.stub_transport import fixed

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script> & "quoted" \u202eright to left'


def sent(folder: Path, at: datetime = MORNING) -> EmailMessage:
    planning.plan(at)
    drain(OutboxTransport(folder), lambda: at)
    (mail,) = mails(folder)
    return message_from_bytes(mail.read_bytes(), policy=default)


def test_the_reason_and_the_hit(tmp_path: Path) -> None:
    factories.subscriber("ada@example.org", "fine tuning", "robot")
    factories.paper("Fine-tuning a robot", abstract="We fine tune it. Finetuning helps.")
    mail = sent(tmp_path)
    assert [mark.text for mark in html_of(mail).select(".hit")] == [
        "Fine-tuning", "robot", "Finetuning",
    ]  # fmt: skip
    assert "Matches: fine tuning, robot" in text_of(mail)


def test_list_headers(tmp_path: Path) -> None:
    person = factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    mail = sent(tmp_path)
    link = mail["List-Unsubscribe"].strip("<>")
    token = urlsplit(link).path.split("/")[2]
    assert read(Purpose.UNSUBSCRIBE, token) == person.pk
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert "ada" not in mail["Feedback-ID"]
    assert mail["Subject"] == "1 paper: robot — Fri 20 Nov"


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    factories.subscriber("ada@example.org", "quoted")
    factories.paper(HOSTILE + "\r\nBcc: eve@example.org", abstract=HOSTILE, organization=HOSTILE)
    mail = sent(tmp_path)
    assert not html_of(mail).select("script")
    assert mail["Bcc"] is None
    assert "<script>alert(1)</script>" in text_of(mail)


def test_no_link_leads_elsewhere(tmp_path: Path) -> None:
    factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot", url="https://arxiv.example/abs/1")
    mail = sent(tmp_path)
    found = {a["href"] for a in html_of(mail).select("[href]")}
    found |= set(re.findall(r"https?://\S+", text_of(mail)))
    assert {urlsplit(str(link)).netloc for link in found} == {"arxiv.example", "localhost:8000"}
    assert not html_of(mail).select("img, link, script, iframe")


@time_machine.travel(MORNING)
def test_what_is_cut_is_behind_a_link(tmp_path: Path, client: Client) -> None:
    factories.subscriber("ada@example.org", "robot", max_papers=3)
    for number in range(10):
        factories.paper(f"Robot {number}")
    mail = sent(tmp_path)
    assert len(html_of(mail).select("h3")) == 3
    assert html_of(mail).find("a", string="See all 10") is not None
    more = html_of(mail).find("a", string="and 7 more")
    assert more is not None
    page = client.get(urlsplit(str(more["href"])).path)
    assert len(set(re.findall(r"Robot \d", page.content.decode()))) == 10


def test_trending_adds_the_most_discussed_once(tmp_path: Path) -> None:
    factories.subscriber("ada@example.org", "robot", trending_top=2)
    factories.paper("A robot", comment_count=50)
    factories.paper("Something quiet", comment_count=1)
    factories.paper("Something loud", comment_count=40)
    factories.paper("Something louder", comment_count=45)
    text = text_of(sent(tmp_path))
    assert text.count("A robot") == 1
    assert "Something loud\n" in text
    assert "Something quiet" not in text


def test_trending_alone_needs_no_keyword(tmp_path: Path) -> None:
    factories.subscriber("ada@example.org", trending_top=1)
    factories.paper("Something loud", comment_count=40)
    assert sent(tmp_path)["Subject"] == "1 trending paper — Fri 20 Nov"


def test_withdrawn_papers_and_old_news_are_not_sent(tmp_path: Path) -> None:
    person = factories.subscriber("ada@example.org", "robot")
    factories.paper("A withdrawn robot", withdrawn_at=date(2026, 11, 19))
    again = factories.paper("A robot seen before", renumbered=True)
    factories.paper("A new robot")
    yesterday = MORNING - timedelta(days=1)
    Digest.objects.create(
        subscriber=person, local_date=yesterday.date(), not_before=yesterday, expires_at=MORNING,
        state="sent", from_seq=0, to_seq=0, composed_at=yesterday,
        entries=[DigestEntry(again.pk, ("robot",), "")],
    )  # fmt: skip
    text = text_of(sent(tmp_path))
    assert "A new robot" in text
    assert "withdrawn" not in text
    assert "seen before" not in text


def test_a_keyword_that_excludes_holds_for_the_whole_person(tmp_path: Path) -> None:
    factories.subscriber("ada@example.org", "robot", "-survey")
    factories.paper("A robot")
    factories.paper("A robot survey")
    assert "survey\n" not in text_of(sent(tmp_path))


def test_a_long_abstract_begins_where_it_hit() -> None:
    filler = "This sentence says nothing of interest at all. " * 40
    person = factories.subscriber("ada@example.org", "robot")
    factories.paper("A title", abstract=f"{filler}Here comes the robot at last. {filler}")
    mail = preview(person, MORNING)
    assert mail is not None
    assert "Here comes the robot at last." in mail.text
    assert len(mail.text) < 3000


def test_preview_writes_nothing() -> None:
    person = factories.subscriber("ada@example.org", "robot")
    assert preview(person, MORNING) is None
    factories.paper("A robot")
    assert preview(person, MORNING) is not None
    assert not Digest.objects.exists()


class TestSample:
    def person(self) -> Subscriber:
        return factories.subscriber("ada@example.org", "robot", confirmed_through_seq=99)

    def mail(self, folder: Path) -> str:
        person = self.person()
        planning.plan_sample(person, MORNING)
        drain(OutboxTransport(folder), lambda: MORNING)
        person.refresh_from_db()
        assert person.confirmed_through_seq == 99
        (mail,) = mails(folder)
        return text_of(message_from_bytes(mail.read_bytes(), policy=default))

    def test_the_last_seven_days(self, tmp_path: Path) -> None:
        factories.paper("An old robot", listed_on=date(2026, 11, 1))
        factories.paper("A robot", listed_on=date(2026, 11, 14))
        factories.paper("A backfilled robot", listed_on=date(2026, 11, 14), seq=None)
        text = flat(self.mail(tmp_path))
        assert "the one paper from the last 7 days matches your keyword" in text
        assert "old robot" not in text

    def test_the_newest_listing_when_they_are_empty(self, tmp_path: Path) -> None:
        paper = factories.paper("An old robot", listed_on=date(2026, 2, 11))
        dump = Dump.objects.create(
            sha256="0" * 64, name="page", received_at=MORNING, state="parsed", papers=1,
            listed_on=date(2026, 2, 11),
        )  # fmt: skip
        Listing.objects.create(paper=paper, dump=dump, position=1, title_key="x", record={})
        text = " ".join(self.mail(tmp_path).split())
        assert "the one paper in the newest listing, of Wed 11 Feb, matches your keyword" in text
        assert "An old robot" in text

    def test_the_newest_dump_where_none_has_a_day(self, tmp_path: Path) -> None:
        paper = factories.paper("An old robot", listed_on=None)
        dump = Dump.objects.create(
            sha256="0" * 64, name="lines", received_at=MORNING, state="parsed", papers=1, new=1
        )
        Listing.objects.create(paper=paper, dump=dump, position=1, title_key="x", record={})
        assert "An old robot" in self.mail(tmp_path)

    def test_nothing_matches_is_said(self, tmp_path: Path) -> None:
        factories.paper("A kettle", listed_on=date(2026, 11, 14))
        assert "the one paper from the last 7 days doesn’t match" in flat(self.mail(tmp_path))


@pytest.mark.parametrize("text", ["NOT", "x" * 300, "a AND NOT a"])
def test_a_frozen_keyword_that_can_no_longer_be_read_is_shown_as_text(
    text: str, client: Client
) -> None:
    paper = factories.paper("A robot in the kitchen", listed_on=MORNING.date())
    kept = DigestEntry(paper.pk, (text, "robot"))
    digest = digest_of(factories.subscriber("ada@example.org", "kitchen"), entries=[kept])
    mail = compose_digest(digest)
    page = html_of(parsed(mail))
    assert [mark.text for mark in page.select(".hit")] == ["robot"]
    assert f"Matches: {header_text(text)}, robot" in flat(page.text)
    assert flat(mail.text).count("A robot in the kitchen") == 1
    with time_machine.travel(MORNING):
        address = next(link for link in links_of_html(parsed(mail)) if "/digest/" in link)
        assert client.get(urlsplit(address).path).status_code == 200


def test_a_paper_deleted_meanwhile_is_left_out(tmp_path: Path) -> None:
    factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    factories.paper("Another robot")
    planning.plan(MORNING)
    digest = Digest.objects.claim(MORNING, 1)[0]
    fixed(digest, MORNING)
    Paper.objects.filter(title="A robot").delete()
    digest.release()
    assert "Another robot" in text_of(sent(tmp_path))

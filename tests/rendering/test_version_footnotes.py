"""How a mail and its page say that a version came of a paper that was sent."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from digest.models import FollowUp, Paper
from subscriptions.digest_links import links_of
from subscriptions.links import Purpose
from tests.support import factories
from tests.support.mails import digest_of, flat, html_of, mail_to, parsed, text_of

pytestmark = pytest.mark.django_db
SICI = "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"
BOTH = {"versions": "both", "doi": "10.1000/gauge"}


@pytest.mark.parametrize(
    ("fact", "fields", "sentence", "label", "link"),
    [
        ("published", {"arxiv_id": "2611.00001", "journal": "Rivers"},
         "is now published in Rivers.", "Published version", "https://doi.org/10.1000/gauge"),
        ("published", {"arxiv_id": "2611.00001", "doi": SICI}, "is now published.",
         "Published version", "https://doi.org/10.1002/(sici)1097-0258(19980815/30)17:15/16"
         "%3C1661::aid-sim968%3E3.0.co;2-2"),
        ("preprint", {"arxiv_id": "2611.00001"}, "is now on arXiv.", "Preprint",
         "https://arxiv.org/abs/2611.00001"),
        ("preprint", {"preprint_doi": "10.64898/2026.11.01.700001"}, "now has a preprint.",
         "Preprint", "https://doi.org/10.64898/2026.11.01.700001"),
    ],
)  # fmt: skip
def test_both_parts_and_the_page(
    client: Client, fact: str, fields: dict[str, Any], sentence: str, label: str, link: str
) -> None:
    ada = factories.subscriber("ada@example.org", "robot", body_format="both")
    about = factories.paper("Gauges of rivers", seq=None, **(BOTH | fields))
    factories.paper("A robot")
    follow_ups = [FollowUp(about.pk, fact, date(2026, 11, 12))]
    mail = parsed(mail_to(ada, follow_ups=follow_ups))
    said = f"Gauges of rivers, sent to you on Thu 12 Nov, {sentence}"
    text, page = text_of(mail), html_of(mail)
    assert said in flat(text)
    assert f"{label}: {link}" in text
    assert said in flat(page.text)
    assert page.find("a", string=label)["href"] == link
    ada.digests.all().delete()
    digest = digest_of(ada, follow_ups=follow_ups, composed_at=timezone.now())
    shown = client.get(links_of(digest).to("digest", Purpose.DIGEST, digest.pk)).content.decode()
    assert sentence in shown


def test_a_journal_with_mark_up_and_a_very_long_one() -> None:
    ada = factories.subscriber("ada@example.org", "robot")
    about = factories.paper("Gauges", seq=None, journal="A &amp; B " + "long " * 40, **BOTH)
    factories.paper("A robot")
    text = flat(mail_to(ada, follow_ups=[FollowUp(about.pk, "published", None)]).text)
    assert "Gauges is now published in A & B long" in text
    assert len(text[text.index("is now published") :].split("\u2026")[0]) < 160
    assert Paper.objects.get(title="Gauges").preprint_url == ""

"""UnsubscribeRequest by mail: the header that offers it, and the mail that comes."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing

from digest.models import Digest, MailEvent
from subscriptions import digest_links, links
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.reports import (
    digest_after,
    list_unsubscribe_of,
    person,
    record,
    unsubscribe_mail,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("verp_sender")]


class TestLeaving:
    def test_by_mail(self) -> None:
        digest = digest_after()
        event, _ = record(unsubscribe_mail(digest))
        assert (event.kind, event.digest) == ("unsubscribed", digest)
        assert person().status == "unsubscribed"

    def test_by_the_oldest_mail(self) -> None:
        digest = digest_after()
        raw = unsubscribe_mail(digest)
        digest.delete()
        assert record(raw, at=MORNING + timedelta(days=900)).event.kind == "unsubscribed"
        assert person().status == "unsubscribed"

    def test_header_is_folded_or_shouted(self) -> None:
        token = links.token(links.Purpose.UNSUBSCRIBE, digest_after().subscriber_id)
        raw = f"To: x@example.org\nSubject: UNSUBSCRIBE\n {token}\n\n".encode()
        assert record(raw).event.kind == "unsubscribed"

    def test_only_the_right_token(self) -> None:
        digest = digest_after()
        others = [links.token(links.Purpose.PREFERENCES, digest.subscriber_id), "1:x:y", "", "x"]
        for other in others:
            record(unsubscribe_mail(digest, f"unsubscribe {other}"))
        token = links.token(links.Purpose.UNSUBSCRIBE, digest.subscriber_id)
        record(unsubscribe_mail(digest, f"Re: unsubscribe {token}"))
        assert person().status == "active"
        assert set(MailEvent.objects.values_list("kind", flat=True)) == {"forged"}

    def test_the_header_has_both_ways_and_no_mail_without_an_address_for_it(
        self, settings: Any
    ) -> None:
        value = list_unsubscribe_of(digest_after())
        assert value.startswith("<http")
        assert "<mailto:bounces+unsubscribe@example.org?subject=unsubscribe%20" in value
        assert len(value) < 900  # one line (RFC 5322 2.1.1)
        settings.VERP_SENDER = ""
        assert "mailto" not in list_unsubscribe_of(Digest.objects.get())

    def test_a_mark_names_a_digest_of_that_person_alone(self) -> None:
        digest = digest_after()
        other = factories.subscriber("bob@example.org")
        mark = digest_links.digest_reference(digest)
        assert digest_links.read_digest_reference(mark, digest.subscriber) == digest
        assert digest_links.read_digest_reference(mark, other) is None
        assert digest_links.read_digest_reference(mark[:-1], digest.subscriber) is None
        assert (
            digest_links.read_digest_reference(
                signing.Signer(sep=".").sign(digest.pk), digest.subscriber
            )
            is None
        )

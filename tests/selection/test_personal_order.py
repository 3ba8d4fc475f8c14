"""A profile orders a digest, is frozen with it, and decides nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.models import Digest
from digest.rendering.digest_message import compose_digest, preview
from digest.selection.active_keywords import active_keywords_of
from digest.selection.contents import contents, contents_of
from digest.sending.resend import plan_copy
from subscriptions.models import Profile, Subscriber
from subscriptions.profiles.changes import forget, switch_off
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.mails import digest_of, flat, html_of, links_of_text, parsed, text_of
from tests.support.rated import fitted, rate_ten, stored, with_profile

pytestmark = pytest.mark.django_db
LINE = "Sorted for you"


@pytest.fixture(autouse=True)
def of_that_day() -> Iterator[None]:
    """The index holds the papers of the last months: those of the tests are of that day."""
    with time_machine.travel(MORNING):
        yield


@pytest.fixture
def person() -> Subscriber:
    """Somebody with three keywords that each hit six papers."""
    for number in range(6):
        for topic in ("bridge", "moss", "kettle"):
            stored(topic, number)
    return factories.subscriber("ada@example.org", "water", "steel", "mosses", max_papers=9)


def digest(person: Subscriber) -> Digest:
    return Digest(subscriber=person, local_date=MORNING.date())


def order(person: Subscriber) -> list[int]:
    return [entry.paper for entry in contents(digest(person), MORNING).entries]


def topics(person: Subscriber) -> list[str]:
    return [entry.keywords[0] for entry in contents(digest(person), MORNING).entries]


def test_the_same_papers_in_another_order(person: Subscriber) -> None:
    before = contents(digest(person), MORNING)
    with_profile(person, kettle=1.0, steel=-1.0)
    after = contents(digest(person), MORNING)
    assert topics(person)[:6] == ["water"] * 6
    assert topics(person)[-6:] == ["steel"] * 6
    assert sorted(map(repr, after.entries)) == sorted(map(repr, before.entries))
    assert (before.facts.is_personal, after.facts.is_personal) == (False, True)
    assert after.facts.papers_matched == before.facts.papers_matched == 18


def test_learnt_from_ratings(person: Subscriber) -> None:
    rate_ten(person)
    before = order(person)
    fitted(person)
    assert order(person) != before
    assert topics(person)[0] == "water"
    assert topics(person)[-1] == "steel"


@pytest.mark.parametrize("fields", [{"is_on": False}, {"ratings_used": 9}, {"terms": []}])
def test_one_that_does_not_act_changes_nothing(person: Subscriber, fields: dict[str, Any]) -> None:
    before = contents(digest(person), MORNING)
    with_profile(person, kettle=1.0)
    Profile.objects.update(**fields)
    assert contents(digest(person), MORNING) == before


def test_only_its_own_person_is_concerned(person: Subscriber) -> None:
    other = factories.subscriber("eve@example.org", "water", "steel", "mosses")
    before = contents(digest(other), MORNING)
    with_profile(person, kettle=1.0)
    digests = [digest(other), digest(person)]
    active = active_keywords_of([other.pk, person.pk])
    theirs, hers = contents_of(digests, active, MORNING)
    assert theirs == before
    assert [entry.keywords for entry in hers.entries][:6] == [("water",)] * 6


def test_the_profiles_of_a_batch_take_one_query(person: Subscriber) -> None:
    def queries(number: int) -> int:
        people = [
            factories.subscriber(f"p{number}-{at}@example.org", "water") for at in range(number)
        ]
        for each in people:
            with_profile(each, kettle=1.0)
        active = active_keywords_of(each.pk for each in people)
        digests = [digest(each) for each in people]
        contents_of(digests, active, MORNING)
        with CaptureQueriesContext(connection) as seen:
            contents_of(digests, active, MORNING)
        asked = [each["sql"] for each in seen.captured_queries if "_profile" in each["sql"]]
        return len(asked)

    assert (queries(2), queries(9)) == (1, 1)


def test_it_is_frozen_each_attempt_has_the_same_bytes(person: Subscriber) -> None:
    with_profile(person, kettle=1.0, steel=-1.0)
    frozen = digest_of(person)
    first = compose_digest(Digest.objects.get(pk=frozen.pk)).message
    with_profile(person, moss=1.0)
    assert compose_digest(Digest.objects.get(pk=frozen.pk)).message == first
    forget(person, MORNING)
    switch_off(person)
    assert compose_digest(Digest.objects.get(pk=frozen.pk)).message == first
    assert LINE.encode() in first


def test_the_mail_says_so_with_a_link_to_the_preferences(person: Subscriber) -> None:
    plain = parsed(compose_digest(digest_of(person)))
    assert LINE not in text_of(plain)
    assert LINE not in html_of(plain).text
    Digest.objects.all().delete()
    with_profile(person, kettle=1.0, steel=-1.0)
    mail = parsed(compose_digest(digest_of(person)))
    (link,) = [each for each in links_of_text(mail) if each.endswith("/#profile")]
    assert "/preferences/" in link
    assert f"{LINE}: {link}" in text_of(mail)
    (shown,) = html_of(mail).select("a[href$='#profile']")
    assert (flat(shown.text), shown["href"]) == (LINE, link)


def test_a_mail_in_the_same_order_does_not_say_so(person: Subscriber) -> None:
    with_profile(person, zebra=1.0)
    assert LINE not in text_of(parsed(compose_digest(digest_of(person))))


def test_it_decides_which_papers_fit_and_every_keyword_keeps_its_share(
    person: Subscriber,
) -> None:
    with_profile(person, x5=1.0, x4=1.0, x3=1.0)
    shown = text_of(parsed(compose_digest(digest_of(person))))
    for title in ("A Quiet Kettle x{}", "Bridge x{} Sways", "Moss on Roof x{}"):
        seen = [number for number in range(6) if title.format(number) in shown]
        assert seen == [3, 4, 5]


def test_preview_and_copy_are_as_the_mail(person: Subscriber) -> None:
    with_profile(person, kettle=1.0, steel=-1.0)
    seen = preview(person, MORNING)
    assert seen is not None
    assert LINE in text_of(parsed(seen))
    original = digest_of(person, state="sent", sent_at=MORNING)
    with_profile(person, zebra=1.0)
    copy = plan_copy(original, MORNING)
    assert copy.entries == original.entries
    assert copy.facts.is_personal

"""A link is valid for one purpose and for its lifetime only."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from subscriptions.links import (
    LIFETIMES,
    BadLink,
    ExpiredLink,
    Links,
    Purpose,
    address,
    alive,
    made_at,
    read,
    token,
)
from subscriptions.models import KeyCheck
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db  # by which the key of unsubscribe links is recognised


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_names_its_row(purpose: Purpose) -> None:
    assert read(purpose, token(purpose, 42)) == 42


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_is_good_for_nothing_else(purpose: Purpose) -> None:
    for other in set(Purpose) - {purpose}:
        with pytest.raises(BadLink):
            read(other, token(purpose, 42))


@pytest.mark.parametrize("purpose", [p for p in Purpose if LIFETIMES[p]])
def test_lifetimes(purpose: Purpose) -> None:
    lifetime = LIFETIMES[purpose]
    assert lifetime is not None
    with time_machine.travel("2026-11-20T07:00Z", tick=False) as clock:
        made = token(purpose, 42)
        clock.shift(lifetime - timedelta(seconds=1))
        assert read(purpose, made) == 42
        clock.shift(timedelta(seconds=2))
        with pytest.raises(ExpiredLink):
            read(purpose, made)


@pytest.mark.parametrize("purpose", [p for p in Purpose if LIFETIMES[p]])
def test_a_link_may_be_as_old_as_the_one_that_led_to_it(purpose: Purpose) -> None:
    lifetime = LIFETIMES[purpose]
    assert lifetime is not None
    with time_machine.travel("2026-11-20T07:00Z", tick=False) as clock:
        first = token(purpose, 42)
        clock.shift(lifetime - timedelta(seconds=1))
        again = token(purpose, 42, at=made_at(first))
        assert again == first
        assert alive(purpose, made_at(first))
        clock.shift(timedelta(seconds=2))
        assert not alive(purpose, made_at(first))
        with pytest.raises(ExpiredLink):
            read(purpose, again)


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.FEED])
def test_some_links_never_expire(purpose: Purpose) -> None:
    with time_machine.travel("2026-11-20T07:00Z", tick=False) as clock:
        made = token(purpose, 42)
        clock.shift(timedelta(days=20 * 365))
        assert read(purpose, made) == 42


@given(st.text())
def test_any_other_text_is_a_bad_link(text: str) -> None:
    with pytest.raises(BadLink):
        read(Purpose.CONFIRM, text)


@given(st.integers(0, 60), st.characters())
def test_a_changed_token_is_a_bad_link(place: int, character: str) -> None:
    made = token(Purpose.CONFIRM, 1234)
    place %= len(made)
    changed = made[:place] + character + made[place + 1 :]
    if changed != made:
        with pytest.raises(BadLink):
            read(Purpose.CONFIRM, changed)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("secret", ["one secret", "another"])
def test_a_token_is_what_django_signs(purpose: Purpose, secret: str, settings: Settings) -> None:
    settings.SECRET_KEY = settings.SUPPRESSION_KEY = secret
    KeyCheck.objects.all().delete()
    signer = signing.TimestampSigner(sep=".", salt=f"link.{purpose}")
    with time_machine.travel(MORNING, tick=False):
        assert token(purpose, 17) == signer.sign("17") == token(purpose, 17, at=MORNING)
        assert signer.unsign(token(purpose, "a-b"), max_age=1) == "a-b"


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_outlives_the_key_that_signed_it(purpose: Purpose, settings: Settings) -> None:
    at = now().replace(microsecond=0)
    made = token(purpose, 42, at=at)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert read(purpose, made) == 42
    never_expires = LIFETIMES[purpose] is None
    settings.SECRET_KEY_FALLBACKS *= not never_expires  # these need none
    assert read(purpose, made) == 42
    assert (token(purpose, 42, at=at) == made) == never_expires


def test_a_link_is_the_address_of_its_page() -> None:
    links, why = Links(MORNING), token(Purpose.WHY, 17, at=MORNING)
    assert links.to("why", Purpose.WHY, 17, 5) == address("why", why, 5)
    drop = token(Purpose.KEYWORD, 17, at=MORNING)
    assert links.to("drop", Purpose.KEYWORD, 17) == address("drop", drop)

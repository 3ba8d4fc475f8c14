"""A link does one thing, for as long as it should, and nothing else opens the door."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.links import (
    LIFETIMES,
    BadLink,
    ExpiredLink,
    Purpose,
    alive,
    made_at,
    read,
    token,
)


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


def test_unsubscribing_never_expires() -> None:
    with time_machine.travel("2026-11-20T07:00Z", tick=False) as clock:
        made = token(Purpose.UNSUBSCRIBE, 42)
        clock.shift(timedelta(days=20 * 365))
        assert read(Purpose.UNSUBSCRIBE, made) == 42


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

"""Cities: the zone of each, however it is written, and what a schedule says of it."""

import json
from collections import Counter
from datetime import time
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.schedule import Schedule
from subscriptions.zones import in_zone, parse_zone, zone_label
from subscriptions.zones.cities import CITIES_FILE, city_of_zone, similar_cities, zones_of_city

OTHERS: dict[str, list[str]] = json.loads(CITIES_FILE.read_text("utf-8"))
SITES = sorted(available_timezones() - {"Factory", "localtime", "posixrules"})


@pytest.mark.parametrize(
    ("typed", "zone", "said"),
    [
        ("Berlin", "Europe/Berlin", "in Berlin"),
        ("Tokyo", "Asia/Tokyo", "in Tokyo"),
        ("São Paulo", "America/Sao_Paulo", "in São Paulo"),
        ("sao paulo", "America/Sao_Paulo", "in São Paulo"),
        ("Sa\u0303o PAULO", "America/Sao_Paulo", "in São Paulo"),
        ("Mumbai", "Asia/Kolkata", "in Kolkata"),
        ("San Francisco", "America/Los_Angeles", "in Los Angeles"),
        ("beijing", "Asia/Shanghai", "in Shanghai"),
        ("Xi'an", "Asia/Shanghai", "in Shanghai"),
        ("Xian", "Asia/Shanghai", "in Shanghai"),
        ("ZÜRICH", "Europe/Zurich", "in Zurich"),
        ("koln", "Europe/Berlin", "in Berlin"),
        ("tromso", "Europe/Oslo", "in Oslo"),
        ("Lodz", "Europe/Warsaw", "in Warsaw"),
        ("IZMIR", "Europe/Istanbul", "in Istanbul"),
        ("st johns", "America/St_Johns", "in St. John’s"),
        ("port au prince", "America/Port-au-Prince", "in Port-au-Prince"),
        ("Portland (Oregon)", "America/Los_Angeles", "in Los Angeles"),
        # One zone with two names.
        ("Buenos Aires", "America/Argentina/Buenos_Aires", "in Buenos Aires"),
        ("Louisville", "America/Kentucky/Louisville", "in Louisville"),
        ("Istanbul", "Europe/Istanbul", "in Istanbul"),
    ],
)
def test_a_city_as_people_write_it(typed: str, zone: str, said: str) -> None:
    assert parse_zone(typed) == zone
    assert in_zone(zone) == said


@pytest.mark.parametrize(
    ("typed", "zones"),
    [
        ("Portland", ("America/Los_Angeles", "America/New_York")),
        ("cambridge", ("America/New_York", "Europe/London")),
        ("Cordoba", ("America/Argentina/Cordoba", "Europe/Madrid")),
        ("San Jose", ("America/Costa_Rica", "America/Los_Angeles")),
    ],
)
def test_two_cities_of_one_name_are_asked_about(typed: str, zones: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="more than one city of that name") as said:
        parse_zone(typed)
    assert all(zone in str(said.value) for zone in zones)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Munch", "Munich"),
        ("San Fransisco", "San Francisco"),
        ("Tokio", "Asia/Tokyo"),
        ("Berlin, Germany", "Europe/Berlin"),
        ("San Francisco, CA", "America/Los_Angeles"),
        ("Europe/Munich", "Europe/Berlin"),
        ("Koeln", "Köln"),
    ],
)
def test_a_slip_gets_a_suggestion_that_can_be_typed(typed: str, meant: str) -> None:
    assert meant in similar_cities(typed)
    with pytest.raises(ValueError, match=f"Did you mean .*{meant}"):
        parse_zone(typed)
    assert parse_zone(meant) in SITES


def test_every_city_of_the_file_is_found_and_none_says_what_iana_says() -> None:
    assert set(OTHERS) <= set(SITES)
    assert list(OTHERS) == sorted(OTHERS)
    named = Counter(city for cities in OTHERS.values() for city in cities)
    for zone, cities in OTHERS.items():
        assert len(set(cities)) == len(cities)
        for city in cities:
            assert zone in zones_of_city(city), city
            # Two zones only where the file, or IANA, has two cities of the name.
            assert len(zones_of_city(city)) <= named[city] + (city_of_zone(zone) != city), city


@given(st.text(max_size=300))
def test_whatever_is_typed_is_a_zone_or_gets_one_sentence(typed: str) -> None:
    try:
        found = parse_zone(typed)
    except ValueError as sentence:
        found = str(sentence)
    assert found in available_timezones() or (found[-1] in ".?" and len(found) < 200)


@given(st.sampled_from(SITES))
def test_every_zone_has_a_short_name_for_people(name: str) -> None:
    said = in_zone(name)
    assert "_" not in said or "/" not in name
    if city := city_of_zone(name):
        assert said == f"in {city}"
    else:
        assert said == zone_label(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Etc/GMT-2", "UTC+02:00"),
        ("UTC", "UTC"),
        ("US/Pacific", "US/Pacific"),
        ("Asia/Calcutta", "in Kolkata"),
        ("America/Argentina/Cordoba", "in Córdoba"),
        ("No/Where", "No/Where"),
    ],
)
def test_a_zone_without_a_city_is_named_as_it_is(name: str, said: str) -> None:
    assert in_zone(name) == said


def test_a_schedule_in_words() -> None:
    hour = time(7, 5)
    weekly = Schedule("Europe/Berlin", hour, "weekly", 3)
    assert weekly.in_words() == "every Thursday at 07:05 in Berlin"
    assert Schedule("UTC", hour, "daily", 3).in_words() == "every day at 07:05 UTC"
    weekdays = Schedule("Etc/GMT+3", hour, "weekdays", 0)
    assert weekdays.in_words() == "Monday to Friday at 07:05 UTC-03:00"
    assert weekdays.same_as(Schedule("Etc/GMT+3", hour, "weekdays", 4))
    assert not weekly.same_as(Schedule("Europe/Berlin", hour, "weekly", 4))
    assert not weekly.same_as(Schedule("Europe/Berlin", time(7), "weekly", 3))
    # Two zones of one city's name are two.
    cordoba = Schedule("America/Cordoba", hour, "daily", 0)
    assert not cordoba.same_as(Schedule("America/Argentina/Cordoba", hour, "daily", 0))

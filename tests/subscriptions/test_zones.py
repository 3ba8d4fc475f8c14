"""Time zones as people write them, and how they are shown."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from digest.environment import setting, time_zone
from digest.management.commands.subscribe import _zone
from subscriptions.forms.delivery_settings import PreferencesForm
from subscriptions.forms.sign_up import SignupForm
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from subscriptions.zones.zone_names import (
    _ABBREVIATIONS,
    _ODD_OFFSETS,
    format_moment,
    parse_zone,
    zone_label,
)
from tests.support import factories

WINTER, SUMMER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)
SITES = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime", "posixrules"}))

HOW_TO = " Enter a city, like Berlin, or an offset, like UTC+2."


def offset(name: str, at: datetime = WINTER) -> timedelta | None:
    return at.astimezone(ZoneInfo(name)).utcoffset()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("UTC", "UTC"),
        ("utc", "UTC"),
        ("GMT", "GMT"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("  europe/BERLIN ", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("tokyo", "Asia/Tokyo"),
        ("Singapore", "Asia/Singapore"),
        ("America/Argentina/Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("EST5EDT", "EST5EDT"),
        # As people write them; IANA's own names keep IANA's sign.
        ("GMT+2", "Etc/GMT-2"),
        ("UTC+2", "Etc/GMT-2"),
        ("GMT +2", "Etc/GMT-2"),
        ("gmt - 5", "Etc/GMT+5"),
        ("utc+02:00", "Etc/GMT-2"),
        ("UTC+0200", "Etc/GMT-2"),
        ("+02:00", "Etc/GMT-2"),
        ("UTC\N{MINUS SIGN}3", "Etc/GMT+3"),
        ("UTC\N{EN DASH}3", "Etc/GMT+3"),
        ("GMT+14", "Etc/GMT-14"),
        ("GMT-12", "Etc/GMT+12"),
        ("UTC+0", "UTC"),
        ("GMT-00:00", "UTC"),
        ("GMT0", "GMT0"),
        ("Etc/GMT+2", "Etc/GMT+2"),
        ("etc/gmt-2", "Etc/GMT-2"),
    ],
)
def test_a_time_zone_as_people_write_it(typed: str, name: str) -> None:
    assert parse_zone(typed) == name


@pytest.mark.parametrize(
    "typed",
    ["", "localtime", "x" * 10_000, "\x00", "/", "İ", "UTC+", "UTC2", "UTC+2:60",
     "UTC+\N{ARABIC-INDIC DIGIT TWO}", "GTM+2", "++2", "UTC+2:5"],
)  # fmt: skip
def test_a_place_without_a_zone_gets_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match="There is no city or time zone of that name") as output:
        parse_zone(typed)
    # Its sign would be the other one.
    assert "Etc/GMT" not in str(output.value)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("UTC+5:30", "For UTC+05:30 please name a city: Asia/Kolkata or Asia/Colombo."),
        ("gmt -3:30", "For UTC-03:30 please name a city: America/St_Johns."),
        ("UTC+530", "For UTC+05:30 please name a city: Asia/Kolkata or Asia/Colombo."),
        ("UTC+1:15", "No place has UTC+01:15." + HOW_TO),
        ("UTC+14:30", "No place has UTC+14:30." + HOW_TO),
        ("GMT+15", "Time zones go from UTC-12 to UTC+14." + HOW_TO),
        ("UTC-13:00", "Time zones go from UTC-12 to UTC+14." + HOW_TO),
        ("EST", "EST is not clear enough. Please name a city, like "
         "America/New_York or America/Toronto or America/Panama."),
        ("bst", "BST is not clear enough. Please name a city, like Europe/London or Asia/Dhaka."),
    ],
)  # fmt: skip
def test_what_no_name_is_clear_for_gets_cities(typed: str, sentence: str) -> None:
    with pytest.raises(ValueError) as output:
        parse_zone(typed)
    assert str(output.value) == sentence


def test_the_cities_that_are_offered_exist_and_have_that_offset() -> None:
    for letters, cities in _ABBREVIATIONS.items():
        assert all(parse_zone(city) == city for city in cities), letters
    for written, cities in _ODD_OFFSETS.items():
        for city in cities:
            assert written in {utc_offset(city, WINTER), utc_offset(city, SUMMER)}, city
    odd = {name for name in available_timezones() if _is_odd(name, WINTER) or _is_odd(name, SUMMER)}
    offered = {each for cities in _ODD_OFFSETS.values() for each in cities}
    assert {(offset(name), offset(name, SUMMER)) for name in odd} <= {
        (offset(name), offset(name, SUMMER)) for name in offered
    }


def utc_offset(name: str, at: datetime) -> str:
    return at.astimezone(ZoneInfo(name)).isoformat()[-6:]


def _is_odd(name: str, at: datetime) -> bool:
    return bool((offset(name, at) or timedelta()) % timedelta(hours=1))


@given(
    st.integers(-12, 14),
    st.sampled_from(["UTC", "GMT", "utc", "Gmt ", " UTC  ", ""]),
    st.sampled_from(["{:+}", "{:+03}", "{:+03}:00", "{:+}:00", "{:+03}00", " {:+} "]),
)
def test_a_typed_offset_has_the_sign_of_people(hours: int, letters: str, form: str) -> None:
    name = parse_zone(letters + form.format(hours))
    assert offset(name) == offset(name, SUMMER) == timedelta(hours=hours)
    shown = zone_label(name)
    assert shown == (f"UTC{hours:+03}:00" if hours else "UTC")
    assert parse_zone(shown) == name


@given(SITES)
def test_every_name_of_iana_keeps_its_meaning_or_is_asked_about(name: str) -> None:
    if name.lower() in _ABBREVIATIONS:
        with pytest.raises(ValueError, match="Please name a city"):
            parse_zone(name)
        return
    found = parse_zone(name)
    assert offset(found) == offset(name)
    assert offset(parse_zone(zone_label(found))) == offset(name)


def test_a_moment_names_its_offset_where_the_zone_has_no_letters() -> None:
    shown = {
        name: format_moment(WINTER.astimezone(ZoneInfo(name)))
        for name in ("Europe/Berlin", "Etc/GMT-2", "America/Sao_Paulo", "Asia/Kathmandu", "UTC")
    }
    assert shown == {
        "Europe/Berlin": "2026-01-15 01:00 CET",
        "Etc/GMT-2": "2026-01-15 02:00 UTC+02:00",
        "America/Sao_Paulo": "2026-01-14 21:00 UTC-03:00",
        "Asia/Kathmandu": "2026-01-15 05:45 UTC+05:45",
        "UTC": "2026-01-15 00:00 UTC",
    }


def test_the_command_and_the_settings_read_a_zone_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _zone("GMT+2") == "Etc/GMT-2"
    monkeypatch.setenv("DEFAULT_TIMEZONE", "UTC +2")
    assert setting("DEFAULT_TIMEZONE", "UTC", time_zone, "a zone") == "Etc/GMT-2"
    monkeypatch.setenv("DEFAULT_TIMEZONE", "EST")
    with pytest.raises(ImproperlyConfigured) as output:
        setting("DEFAULT_TIMEZONE", "UTC", time_zone, "a zone")
    assert str(output.value).startswith(
        "DEFAULT_TIMEZONE='EST' cannot be used. EST is not clear enough. Please name a city"
    )


def test_the_box_shows_the_zone_of_the_site_and_takes_it_back(settings: object) -> None:
    settings.DEFAULT_TIMEZONE = "Etc/GMT-2"  # type: ignore[attr-defined]
    box = str(SignupForm()["timezone"])
    assert 'value="UTC+02:00"' in box
    assert 'data-zones="UTC+02:00"' in box
    form = SignupForm({"email": "ada@example.org", "timezone": "UTC+02:00"})
    assert form.is_valid()
    assert form.sign_up_request().timezone == "Etc/GMT-2"
    assert 'value="est"' in str(SignupForm({"timezone": "est"})["timezone"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stored", "shown"), [("Etc/GMT-2", "UTC+02:00"), ("EST", "EST"), ("GMT+0", "GMT+0")]
)
def test_a_zone_that_was_stored_stays_while_nobody_changes_it(stored: str, shown: str) -> None:
    person = factories.subscriber("ada@example.org", "robot")
    person.timezone = stored
    person.save()
    kept = {
        name: str(PreferencesForm.of(person)[name].value()) for name in PreferencesForm.base_fields
    }
    kept |= {"follow_ups": "on", "text_only": ""}
    assert kept["timezone"] == shown
    form = PreferencesForm.of(person, kept)
    assert form.is_valid(), form.errors
    assert "timezone" not in form.changed_columns()
    assert form.current_value("timezone") == shown
    changed = PreferencesForm.of(person, kept | {"timezone": "UTC+3"})
    assert changed.is_valid()
    assert changed.changed_columns()["timezone"] == "Etc/GMT-3"


@pytest.mark.django_db
def test_pages_show_the_offset(client: Client, admin_client: Client) -> None:
    person = factories.subscriber("ada@example.org", "robot")
    Subscriber.objects.filter(pk=person.pk).update(timezone="Etc/GMT-2")
    page = client.get(f"/preferences/{token(Purpose.PREFERENCES, person.pk)}/").content.decode()
    assert "</time> UTC+02:00, if" in page
    assert 'value="UTC+02:00"' in page
    assert "Etc/" not in page
    pause = client.get(f"/pause/{token(Purpose.PAUSE, person.pk)}/").content.decode()
    assert "Etc/" not in pause
    listed = admin_client.get("/admin/subscriptions/subscriber/").content.decode()
    assert "UTC+02:00" in listed
    change = f"/admin/subscriptions/subscriber/{person.pk}/change/"
    assert 'value="UTC+02:00"' in admin_client.get(change).content.decode()

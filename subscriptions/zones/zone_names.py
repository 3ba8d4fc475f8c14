"""The IANA name of a zone that somebody typed, and the words for one."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from .cities import city_of_zone, similar_cities, zones_of_city

_NOT_PLACES = {"factory", "localtime", "posixrules"}
# Ahead of UTC is "+" for people, "-" in IANA's names Etc/GMT-14 to Etc/GMT+12.
_OFFSET = re.compile(r"(?:utc|gmt)?([+-])([0-9]{1,2})(?::?([0-5][0-9]))?")
_FIXED = re.compile(r"Etc/GMT([+-])([0-9]+)")
_HOW_TO = "Enter a city, like Berlin, or an offset, like UTC+2."
_EARLIEST, _LATEST = -12, 14
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2212", "-----")
# Offsets that are not whole hours, and cities that have them, some in summer only.
_ODD_OFFSETS = {
    "-09:30": ("Pacific/Marquesas",),
    "-03:30": ("America/St_Johns",),
    "-02:30": ("America/St_Johns",),
    "+03:30": ("Asia/Tehran",),
    "+04:30": ("Asia/Kabul",),
    "+05:30": ("Asia/Kolkata", "Asia/Colombo"),
    "+05:45": ("Asia/Kathmandu",),
    "+06:30": ("Asia/Yangon",),
    "+08:45": ("Australia/Eucla",),
    "+09:30": ("Australia/Darwin", "Australia/Adelaide"),
    "+10:30": ("Australia/Lord_Howe", "Australia/Adelaide"),
    "+12:45": ("Pacific/Chatham",),
    "+13:45": ("Pacific/Chatham",),
}
# Abbreviations of several zones, or of one whose IANA namesake lacks the summer time that people
# there have: IANA's EST is Panama's time, not New York's.
_ABBREVIATIONS = {
    "acst": ("Australia/Darwin", "Australia/Adelaide"),
    "adt": ("America/Halifax",),
    "aedt": ("Australia/Sydney", "Australia/Melbourne"),
    "aest": ("Australia/Sydney", "Australia/Brisbane"),
    "akst": ("America/Anchorage",),
    "ast": ("America/Halifax", "America/Puerto_Rico", "Asia/Riyadh"),
    "awst": ("Australia/Perth",),
    "brt": ("America/Sao_Paulo",),
    "bst": ("Europe/London", "Asia/Dhaka"),
    "cat": ("Africa/Maputo",),
    "cdt": ("America/Chicago", "America/Havana"),
    "cest": ("Europe/Berlin", "Europe/Paris"),
    "cet": ("Europe/Berlin", "Europe/Paris", "Africa/Algiers"),
    "cst": ("America/Chicago", "America/Costa_Rica", "Asia/Shanghai"),
    "eat": ("Africa/Nairobi",),
    "edt": ("America/New_York", "America/Toronto"),
    "eest": ("Europe/Athens", "Europe/Helsinki"),
    "eet": ("Europe/Athens", "Europe/Helsinki", "Africa/Cairo"),
    "est": ("America/New_York", "America/Toronto", "America/Panama"),
    "gst": ("Asia/Dubai",),
    "hkt": ("Asia/Hong_Kong",),
    "hst": ("Pacific/Honolulu",),
    "ict": ("Asia/Bangkok",),
    "idt": ("Asia/Jerusalem",),
    "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "jst": ("Asia/Tokyo",),
    "kst": ("Asia/Seoul",),
    "mdt": ("America/Denver",),
    "mest": ("Europe/Berlin", "Europe/Paris"),
    "met": ("Europe/Berlin", "Europe/Paris"),
    "mez": ("Europe/Berlin",),
    "msk": ("Europe/Moscow",),
    "mst": ("America/Denver", "America/Phoenix"),
    "ndt": ("America/St_Johns",),
    "nst": ("America/St_Johns",),
    "nzdt": ("Pacific/Auckland",),
    "nzst": ("Pacific/Auckland",),
    "pdt": ("America/Los_Angeles", "America/Vancouver"),
    "pht": ("Asia/Manila",),
    "pkt": ("Asia/Karachi",),
    "pst": ("America/Los_Angeles", "America/Vancouver", "Asia/Manila"),
    "sast": ("Africa/Johannesburg",),
    "sgt": ("Asia/Singapore",),
    "wat": ("Africa/Lagos",),
    "west": ("Europe/Lisbon",),
    "wet": ("Europe/Lisbon",),
    "wib": ("Asia/Jakarta",),
}


@cache
def _names() -> dict[str, str]:
    """Every IANA name by its lower-case form."""
    named = {name.lower(): name for name in available_timezones()}
    return {lower: name for lower, name in named.items() if lower not in _NOT_PLACES}


def parse_zone(text: str) -> str:
    """Return the IANA name of what was typed: "europe/berlin", "New York", "Mumbai", "UTC+2".

    Raises ValueError with a sentence that suggests names.
    """
    lower = "_".join(text.lower().split())
    if offset := _OFFSET.fullmatch(lower.translate(_DASHES).replace("_", "")):
        return _fixed(*offset.groups())
    if lower in _ABBREVIATIONS:
        raise ValueError(_abbreviated(lower))
    zones = zones_of_city(text)
    if len(zones) == 1:
        return zones[0]
    if lower in _names():
        return _names()[lower]
    if zones:
        raise ValueError(f"There is more than one city of that name. Which one: {_choice(zones)}?")
    raise ValueError(_unknown(text))


def zone_label(name: str) -> str:
    """Return a zone's name for people: "UTC+02:00" for a fixed offset, else the IANA name.

    `parse_zone` reads both.
    """
    fixed = _FIXED.fullmatch(name)
    if not fixed or not int(fixed[2]):
        return name
    return f"UTC{'-' if fixed[1] == '+' else '+'}{int(fixed[2]):02}:00"


def in_zone(name: str) -> str:
    """Return what follows a time of day: "in Berlin", "in São Paulo", or "UTC+02:00" for a zone
    without a city."""
    city = city_of_zone(name)
    return f"in {city}" if city else zone_label(name)


def format_moment(moment: datetime) -> str:
    """Format a time with its zone: "2026-11-29 07:00 CET", "2026-11-29 07:00 UTC+02:00"."""
    letters, offset = moment.tzname() or "", f"{moment:%z}"
    shown = letters if letters.isalpha() else f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{moment:%Y-%m-%d %H:%M} {shown}"


def _fixed(sign: str, hours: str, minutes: str | None) -> str:
    """Return the zone with this offset all year. Raises ValueError with a sentence."""
    if int(minutes or 0):
        raise ValueError(_odd_offset(f"{sign}{int(hours):02}:{minutes}"))
    ahead = int(f"{sign}{hours}")
    if not _EARLIEST <= ahead <= _LATEST:
        raise ValueError(f"Time zones go from UTC-{-_EARLIEST} to UTC+{_LATEST}. {_HOW_TO}")
    return f"Etc/GMT{-ahead:+}" if ahead else "UTC"


def _odd_offset(offset: str) -> str:
    cities = _ODD_OFFSETS.get(offset)
    if not cities:
        return f"No place has UTC{offset}. {_HOW_TO}"
    return f"For UTC{offset} please name a city: {_choice(cities)}."


def _abbreviated(letters: str) -> str:
    cities = _choice(_ABBREVIATIONS[letters])
    return f"{letters.upper()} is not clear enough. Please name a city, like {cities}."


def _unknown(text: str) -> str:
    if near := similar_cities(text):
        return f"There is no city or time zone of that name. Did you mean {_choice(near)}?"
    return f"There is no city or time zone of that name. {_HOW_TO}"


def _choice(names: Sequence[str]) -> str:
    return " or ".join(names)

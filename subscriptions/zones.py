"""Time zones as people write them, and how they are shown."""

import difflib
import re
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

_NOT_PLACES = {"factory", "localtime", "posixrules"}
# Ahead of UTC is "+" for people, "-" in IANA's names Etc/GMT-14 to Etc/GMT+12.
_OFFSET = re.compile(r"(?:utc|gmt)?([+-])([0-9]{1,2})(?::?([0-5][0-9]))?")
_FIXED = re.compile(r"Etc/GMT([+-])([0-9]+)")
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


@cache
def _cities() -> dict[str, list[str]]:
    """The IANA names by their last part: "kolkata" is one place, "louisville" two."""
    found: dict[str, list[str]] = {}
    for lower, name in sorted(_names().items()):
        if not _FIXED.fullmatch(name):
            found.setdefault(lower.rpartition("/")[2], []).append(name)
    return found


def parse_zone(text: str) -> str:
    """Return the IANA name of what was typed: "europe/berlin", "New York", "tokyo", "UTC+2".

    Raises ValueError with a sentence that suggests names.
    """
    lower = "_".join(text.lower().split())
    if offset := _OFFSET.fullmatch(lower.translate(_DASHES).replace("_", "")):
        return _fixed(*offset.groups())
    if lower in _ABBREVIATIONS:
        raise ValueError(_abbreviated(lower))
    if lower in _names():
        return _names()[lower]
    places = _cities().get(lower, [])
    if len(places) == 1:
        return places[0]
    raise ValueError(_unknown(lower, places))


def zone_label(name: str) -> str:
    """Return a zone's name for people: "UTC+02:00" for a fixed offset, else the IANA name.

    `parse_zone` reads both.
    """
    fixed = _FIXED.fullmatch(name)
    if not fixed or not int(fixed[2]):
        return name
    return f"UTC{'-' if fixed[1] == '+' else '+'}{int(fixed[2]):02}:00"


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
        raise ValueError(
            f"Time zones go from UTC-{-_EARLIEST} to UTC+{_LATEST}. Write yours like Europe/Berlin."
        )
    return f"Etc/GMT{-ahead:+}" if ahead else "UTC"


def _odd_offset(offset: str) -> str:
    cities = _ODD_OFFSETS.get(offset)
    if not cities:
        return f"No place has UTC{offset}. Write the time zone like Europe/Berlin."
    return f"For UTC{offset} please name a city: {' or '.join(cities)}."


def _abbreviated(letters: str) -> str:
    cities = " or ".join(_ABBREVIATIONS[letters])
    return f"{letters.upper()} is not clear enough. Please name a city, like {cities}."


def _unknown(lower: str, places: list[str]) -> str:
    near = places or _nearest(lower[:64])
    if near:
        return f"There is no time zone of that name. Did you mean {' or '.join(near)}?"
    return "There is no time zone of that name. Write it like Europe/Berlin, or UTC+2."


def _nearest(lower: str) -> list[str]:
    known = [name for name in _names() if not name.startswith("etc/")]
    whole = [_names()[name] for name in difflib.get_close_matches(lower, known, 2, 0.75)]
    cities = difflib.get_close_matches(lower.rpartition("/")[2], _cities(), 2, 0.8)
    return (whole or [name for city in cities for name in _cities()[city]])[:3]

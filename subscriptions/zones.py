"""Time zones as people write them."""

import difflib
from functools import cache
from zoneinfo import available_timezones

_NOT_PLACES = {"factory", "localtime", "posixrules"}


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
        found.setdefault(lower.rpartition("/")[2], []).append(name)
    return found


def zone_named(text: str) -> str:
    """The IANA name of what was typed: "europe/berlin", "New York", "tokyo".

    ValueError holds a sentence with the nearest names.
    """
    lower = "_".join(text.lower().split())
    if lower in _names():
        return _names()[lower]
    places = _cities().get(lower, [])
    if len(places) == 1:
        return places[0]
    raise ValueError(_unknown(lower, places))


def _unknown(lower: str, places: list[str]) -> str:
    near = places or _nearest(lower[:64])
    if near:
        return f"There is no time zone of that name. Did you mean {' or '.join(near)}?"
    return "There is no time zone of that name. Write it like Europe/Berlin, or UTC."


def _nearest(lower: str) -> list[str]:
    whole = [_names()[name] for name in difflib.get_close_matches(lower, _names(), 2, 0.75)]
    cities = difflib.get_close_matches(lower.rpartition("/")[2], _cities(), 2, 0.8)
    return (whole or [name for city in cities for name in _cities()[city]])[:3]

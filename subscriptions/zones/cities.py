"""Cities by name: those that time zones are named after, and others that people know.

The others are in `cities.json`, which the form's script reads too.
"""

import difflib
import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

CITIES_FILE = Path(__file__).parents[2] / "digest" / "static" / "digest" / "cities.json"
# IANA names that begin otherwise are of no city: Etc/GMT-2, US/Pacific, CET.
AREAS = {
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
    "Indian", "Pacific",
}  # fmt: skip
_LONGEST = 64  # characters that are compared
# Letters that Unicode does not decompose, and marks that people leave out.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i"} | dict.fromkeys("'’‘ʼ`."))
# IANA's names are ASCII, without full stops and apostrophes; browsers know some by former names.
_SPELLINGS = {
    "Asuncion": "Asunción",
    "Bogota": "Bogotá",
    "Calcutta": "Kolkata",
    "Cancun": "Cancún",
    "Chisinau": "Chișinău",
    "Cordoba": "Córdoba",
    "Dacca": "Dhaka",
    "DumontDUrville": "Dumont d’Urville",
    "El Aaiun": "El Aaiún",
    "Faeroe": "Faroe",
    "Godthab": "Nuuk",
    "Ho Chi Minh": "Ho Chi Minh City",
    "Katmandu": "Kathmandu",
    "Kiev": "Kyiv",
    "Lome": "Lomé",
    "Maceio": "Maceió",
    "Mazatlan": "Mazatlán",
    "Merida": "Mérida",
    "Ndjamena": "N’Djamena",
    "Noumea": "Nouméa",
    "Rangoon": "Yangon",
    "Reunion": "Réunion",
    "Saigon": "Ho Chi Minh City",
    "Sao Paulo": "São Paulo",
    "Sao Tome": "São Tomé",
    "St Barthelemy": "St. Barthélemy",
    "St Helena": "St. Helena",
    "St Johns": "St. John’s",
    "St Kitts": "St. Kitts",
    "St Lucia": "St. Lucia",
    "St Thomas": "St. Thomas",
    "St Vincent": "St. Vincent",
}


def zones_of_city(text: str) -> tuple[str, ...]:
    """Return the IANA names of the time zones that have a city of this name.

    Case, accents and punctuation do not matter.
    """
    return _zones_by_city().get(_folded(text), ())


def similar_cities(text: str) -> list[str]:
    """Return the IANA names or the cities, at most 3, that may have been meant."""
    place = re.split(r"[/,(]", text[:_LONGEST].rstrip("/,( "))
    known = _zones_by_city()
    for part in (place[-1], place[0]):
        if zones := known.get(_folded(part)):
            return list(zones[:3])
    near = difflib.get_close_matches(_folded(place[-1]), known, 3, 0.8)
    return [_typed_as()[each] for each in near]


def city_of_zone(name: str) -> str:
    """Return the city that a zone is named after, "" if it is none."""
    area, _, place = name.partition("/")
    if area not in AREAS:
        return ""
    city = place.rpartition("/")[2].replace("_", " ")
    return _SPELLINGS.get(city, city)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:_LONGEST].casefold().translate(_PLAIN))
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return " ".join(re.findall(r"[^\W_]+", letters))


@cache
def _zones_by_city() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for city, zone in (*_iana_cities(), *_other_cities()):
        found.setdefault(_folded(city), {})[zone] = None
    return {city: tuple(zones) for city, zones in found.items()}


@cache
def _typed_as() -> dict[str, str]:
    """What to type for each city: the IANA name of its own, else the city."""
    others = {_folded(city): city for city, _ in _other_cities()}
    return others | {_folded(city): zone for city, zone in _iana_cities()}


def _iana_cities() -> Iterator[tuple[str, str]]:
    """The zones by their last part. Of several names of a city, like America/Louisville and
    America/Kentucky/Louisville, the most exact one: the others are former names of the zone."""
    names: dict[str, list[str]] = {}
    for name in available_timezones():
        if name.partition("/")[0] in AREAS:
            names.setdefault(name.rpartition("/")[2], []).append(name)
    for city, zones in sorted(names.items()):
        yield city, max(zones, key=lambda zone: (zone.count("/"), zone))


def _other_cities() -> Iterator[tuple[str, str]]:
    known = available_timezones()  # those of an old machine lack the newest names
    for zone, cities in json.loads(CITIES_FILE.read_text("utf-8")).items():
        yield from ((city, zone) for city in cities if zone in known)

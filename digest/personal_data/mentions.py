"""Texts in other people's rows that may mention a person's address."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from urllib.parse import quote

from django.apps import apps
from django.db import models
from django.db.models import Q

from .inventory import ERASED, PersonIdentity

# Replies, logs and reasons. Other texts stay: identifiers (domains, hosts, keys, hashes), public
# texts, and what others wrote for themselves.
SEARCHED = {
    "admin.logentry": ("object_repr", "change_message"),
    "axes.accessattempt": ("path_info", "get_data", "post_data"),
    "axes.accessfailurelog": ("path_info",),
    "axes.accesslog": ("path_info",),
    "digest.alarm": ("summary", "details", "post_error"),
    "digest.digest": ("reply_text",),
    "digest.hold": ("reason",),
    "digest.letter": ("reply_text", "facts"),
    "digest.run": ("details",),
    "digest.source": ("last_error",),
    "subscriptions.suppression": ("detail",),
    "subscriptions.unimportedrow": ("reason",),
}
_AT_ONCE = 500
_RUN_OF_PLAIN = re.compile(r"[A-Za-z0-9._-]+")  # no encoding changes these


@dataclass(frozen=True, slots=True)
class Mention:
    """A row that mentions the address, and its texts without it."""

    row: models.Model
    texts: dict[str, object]

    def erase(self) -> None:
        type(self.row)._default_manager.filter(pk=self.row.pk).update(**self.texts)


def mentions(known: PersonIdentity, *labels: str) -> Iterator[Mention]:
    """Yield the rows that mention the address; only of the models `labels`, if given."""
    scrubber = Scrubber(known)
    for label in labels or SEARCHED:
        model, names = apps.get_model(label), SEARCHED[label]
        conditions = [_may_mention(name, each) for name in names for each in known.spellings]
        rows = model._default_manager.filter(reduce(or_, conditions, Q(pk__in=[]))).order_by("pk")
        for row in rows.iterator(chunk_size=_AT_ONCE):
            texts = {name: _scrubbed(scrubber, row, name) for name in names}
            if new := {name: text for name, text in texts.items() if text != getattr(row, name)}:
                yield Mention(row, new)


def _may_mention(name: str, address: str) -> Q:
    """Condition for rows that may mention the address: they hold the longest parts of it that no
    encoding changes."""
    condition = Q()
    for part in address.rsplit("@", 1):
        if plain := max(_RUN_OF_PLAIN.findall(part), key=len, default=""):
            condition &= Q(**{f"{name}__icontains": plain})
    return condition


def _scrubbed(scrubber: "Scrubber", row: models.Model, name: str) -> object:
    text = scrubber.scrubbed(getattr(row, name))
    limit = getattr(row._meta.get_field(name), "max_length", None)
    return text[:limit] if isinstance(text, str) else text


class Scrubber:
    """Removes all spellings of an address from texts, also encoded ones.

    A longer address that begins or ends like one of them is another one, and stays.
    """

    def __init__(self, known: PersonIdentity) -> None:
        longest_first = sorted(known.spellings, key=len, reverse=True)
        plain = "|".join(map(_encoded, longest_first))
        # VERP, as in bounces+ada=example.org@…
        verp = "|".join(
            f"{_encoded(local)}(?:=40|=){_encoded(domain)}"
            for local, _, domain in (each.rpartition("@") for each in longest_first)
        )
        # Also after JSON's escapes of line breaks, and URL escapes of blanks and punctuation.
        begins = r"(?:(?<![\w.+%-])|(?<=\\[nrt])|(?<=%20|%22|%3A|%2C|%3C|%3D))"
        self._pattern = re.compile(
            rf"(?:{begins}(?:{plain})|(?<![\w.%])(?:{verp}))(?![\w-]|\.[\w-])", re.IGNORECASE
        )

    def scrubbed(self, value: object) -> object:
        """Return the text or JSON value without them. Keys of JSON objects stay."""
        if isinstance(value, str):
            return self._pattern.sub(ERASED, value)
        if isinstance(value, list):
            return [self.scrubbed(each) for each in value]
        if isinstance(value, dict):
            return {name: self.scrubbed(each) for name, each in value.items()}
        return value


def _encoded(text: str) -> str:
    """Return a pattern of the text in which each character may be escaped as in JSON or URLs."""
    return "".join(_character(each) for each in text)


def _character(each: str) -> str:
    cases = (each, each.lower(), each.upper())
    spelt = dict.fromkeys([*cases, *(json.dumps(case)[1:-1] for case in cases)])
    spelt |= dict.fromkeys(quote(case, safe="") for case in cases)
    if each.isascii() and each.isalnum():
        return each
    return f"(?:{'|'.join(map(re.escape, spelt))})"

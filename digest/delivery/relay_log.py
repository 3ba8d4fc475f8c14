"""UNKNOWN, found out from the log of the mail server that was to take the mail."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.conf import settings

from digest.delivery.reconcile import prove
from digest.mail.inbound.postfix_log import taken
from digest.models import Digest, Letter, State
from digest.rendering import digest_headers
from subscriptions import emails


class Settled(NamedTuple):
    """How many mails were without an answer, and how many of them the log proved to be sent."""

    unknown: int
    proven: int


def settle(log: Iterable[bytes]) -> Settled:
    """Make SENT what is UNKNOWN and was taken by the lines of this log; all else stays."""
    rows = dict(_unknown())
    proven = sum(prove(rows[message_id], "the relay's log") for message_id in taken(log, rows))
    return Settled(len(set(rows.values())), proven)


def _unknown() -> Iterator[tuple[str, Digest | Letter]]:
    """Map each possible Message-ID to its row. No row holds one: it is derived from the SECRET_KEY
    in use when the mail was sent, so all known keys are tried; these rows are few."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    for digest in Digest.objects.filter(state=State.UNKNOWN).defer("entries", "follow_ups", "told"):
        for secret in secrets:
            yield digest_headers.message_id_of(digest, secret), digest
    for letter in Letter.objects.filter(state=State.UNKNOWN):
        for secret in secrets:
            yield emails.message_id_of(letter, secret), letter

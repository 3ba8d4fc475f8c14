"""The links of a mail. Their lives begin when its contents were frozen, so that a mail that is
composed anew, on whatever attempt, has the same ones."""

from datetime import datetime, timedelta

from digest.models import Digest
from subscriptions.links import Links, Purpose


def links_of(digest: Digest) -> Links:
    return Links(links_since(digest))


def links_since(digest: Digest) -> datetime:
    """When the lives of its links begin. Where the address was changed after the contents were
    frozen, then: links from before end with the former address."""
    assert digest.composed_at is not None, "links are made after the contents are frozen"
    changed = digest.subscriber.address_since
    if changed is None or changed <= digest.composed_at:
        return digest.composed_at
    # A token has its time in whole seconds.
    return changed.replace(microsecond=0) + timedelta(seconds=bool(changed.microsecond))


def signed(digest: Digest, view: str, purpose: Purpose, row: int, *more: int) -> str:
    """The address of the page `view` for one row, as the mail of this digest has it; `more` stands
    behind the token."""
    return links_of(digest).to(view, purpose, row, *more)

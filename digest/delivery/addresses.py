"""The links of a mail. Their lives begin when its contents were frozen, so that a mail that is
composed anew, on whatever attempt, has the same ones."""

from digest.models import Digest
from subscriptions.links import Links, Purpose


def links_of(digest: Digest) -> Links:
    assert digest.composed_at is not None, "links are made after the contents are frozen"
    return Links(digest.composed_at)


def signed(digest: Digest, view: str, purpose: Purpose, row: int, *more: int) -> str:
    """The address of the page `view` for one row, as the mail of this digest has it; `more` stands
    behind the token."""
    return links_of(digest).to(view, purpose, row, *more)

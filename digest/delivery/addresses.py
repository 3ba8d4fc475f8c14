"""The links of a mail. Their lives begin when its contents were frozen, so that a mail that is
composed anew, on whatever attempt, has the same ones."""

from digest.models import Digest
from subscriptions.links import Purpose, link, token


def signed(digest: Digest, view: str, purpose: Purpose, row: int, *more: int) -> str:
    """The address of the page `view` for one row, as the mail of this digest has it; `more` stands
    behind the token."""
    return link(view, token(purpose, row, at=digest.composed_at), *more)


def unsubscribe_url(digest: Digest) -> str:
    """The link that never expires; it also stands in a header (RFC 8058)."""
    return signed(digest, "unsubscribe", Purpose.UNSUBSCRIBE, digest.subscriber_id)

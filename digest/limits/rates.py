"""The setting LIMITS: how often one client, mailbox, domain or link may do something."""

from collections.abc import Mapping

from limits import RateLimitItem, parse_many

DEFAULTS = {
    "pages": "1200/minute",  # requests of one client
    "keywords": "6000/minute",  # keywords previewed for one client
    "search": "120/minute",  # searches for one client
    "feeds": "120/minute",  # feeds of searches made for one client; unchanged ones are not counted
    "imports": "60/hour",  # files and lists of alerts that one client brings
    "letters": "300/hour",  # mails that one client asks for: sign-ups and fresh links
    "mailbox": "6/day;20/month",  # such mails to one mailbox
    "domain": "600/hour",  # such mails to one domain; further ones are delayed
    "site": "3000/hour",  # such mails in all; further ones are delayed
    "pushes": "120/minute",  # requests with one token
    "failures": "60/minute",  # wrong tokens, signatures and passwords of one client
    "unsubscribe": "60/hour",  # with one link
    "trials": "20/minute",  # sources that one operator tries
}
# More than anybody needs, and small enough for the queries of `letter_pace`.
_MAX_COUNT = 1_000_000
Rates = Mapping[str, tuple[RateLimitItem, ...]]


def read_rates(raw: str) -> Rates:
    """Parse rates by name like `letters=300/hour mailbox=6/day;20/month pages=none`.

    Names that `raw` lacks have their default; "none" is an empty tuple. Raises ValueError for an
    unknown name and for an invalid rate.
    """
    written = dict(DEFAULTS)
    for part in raw.split():
        name, equals, rate = part.partition("=")
        if name not in DEFAULTS or not equals:
            raise ValueError(f"There is no limit named {name!r}.")
        written[name] = rate
    return {name: _read(rate) for name, rate in written.items()}


def _read(rate: str) -> tuple[RateLimitItem, ...]:
    if rate == "none":
        return ()
    items = tuple(parse_many(rate))
    if not all(1 <= item.amount <= _MAX_COUNT and item.multiples >= 1 for item in items):
        raise ValueError(f"{rate!r} is not a rate.")
    return items

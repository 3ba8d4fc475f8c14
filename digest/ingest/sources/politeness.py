"""Sites that ask for one connection at a time and a pause between requests.

arXiv: "no more than one request every three seconds, … a single connection at a time", for all
machines of one client together (https://info.arxiv.org/help/api/tou.html). Hence a row, which all
processes share, and not a lock in memory. What the others ask for, or where they name no number,
what cannot trouble them:

    Crossref          one query at a time, one a second, in the pool without a contact
                      (https://www.crossref.org/documentation/retrieve-metadata/rest-api/
                      access-and-authentication/)
    Europe PMC        names no number (https://europepmc.org/RestfulWebService)
    NCBI              three requests a second (https://www.ncbi.nlm.nih.gov/books/NBK25497/)
    OpenAlex          100 a second (https://developers.openalex.org/api-reference/authentication)
    Semantic Scholar  one a second with a key, fewer in the pool without
                      (https://www.semanticscholar.org/product/api)
    IACR ePrint       20 a minute on a path, as its answer 429 says
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db.models.functions import Now

from digest.models import Turn

from .errors import CannotFetch

PAUSES = {
    "arxiv.org": timedelta(seconds=3),
    "api.crossref.org": timedelta(seconds=1),
    "www.ebi.ac.uk": timedelta(seconds=1),
    "eutils.ncbi.nlm.nih.gov": timedelta(seconds=0.4),
    "api.openalex.org": timedelta(seconds=0.2),
    "api.semanticscholar.org": timedelta(seconds=3),
    "eprint.iacr.org": timedelta(seconds=3.5),
}
# Longer than any request may take: it matters only if a process dies during one.
SLOT_LEASE = timedelta(seconds=90)
_POLL_SECONDS = 0.2
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@contextmanager
def host_slot(host: str, until: float) -> Iterator[None]:
    """Wait until this host may be asked, reserve it for the block, and start its pause after it.

    Raises CannotFetch if it is not free before `until` (monotonic seconds).
    """
    key = next((each for each in PAUSES if host == each or host.endswith(f".{each}")), None)
    if key is None:
        yield
        return
    _take(key, until)
    try:
        yield
    finally:
        Turn.objects.filter(host=key).update(taken_until=Now() + PAUSES[key])


def _take(key: str, until: float) -> None:
    Turn.objects.get_or_create(host=key, defaults={"taken_until": _LONG_AGO})
    free = Turn.objects.filter(host=key, taken_until__lte=Now())
    while not free.update(taken_until=Now() + SLOT_LEASE):
        if time.monotonic() > until:
            raise CannotFetch(
                f"{key} is being fetched from by another process right now.", may_retry=True
            )
        time.sleep(_POLL_SECONDS)

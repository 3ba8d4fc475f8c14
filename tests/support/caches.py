"""What a process keeps of papers, forgotten: a test's rollback takes the change counter back, which
no real database does. What it has counted and noted of clients is forgotten too."""

from django.conf import settings
from django.core.cache import caches as django_caches

from digest import paper_index
from digest.epochs import seen
from digest.limits import counting, requests
from digest.rendering import caches
from subscriptions import suppression_key


def forget() -> None:
    forget_papers()
    for each in django_caches.all():
        each.clear()
    counting.reset_counts()
    requests._noted_at = float("-inf")
    (settings.DATA_DIR / requests.UNTRUSTED_MARKER).unlink(missing_ok=True)
    (settings.DATA_DIR / seen.NAME).unlink(missing_ok=True)
    suppression_key.clear_cached_key()


def forget_papers() -> None:
    """What a process that starts anew does not know of papers."""
    paper_index._shared = None
    caches._rows = None
    caches.clear()

"""What a process keeps of papers, forgotten: a test's rollback takes the change counter back, which
no real database does. What it has counted of clients is forgotten too."""

from digest import corpus
from digest.delivery import card_cache, shelf
from digest.limits import counting, requests
from subscriptions import suppression_key


def forget() -> None:
    corpus._held = None
    shelf._held = None
    card_cache.clear()
    counting.forget()
    requests._noted_at = float("-inf")
    suppression_key.forget()

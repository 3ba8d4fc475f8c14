"""What is the same for all visitors, kept by each process until papers or dumps change."""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.db.models import Subquery

from digest.models import Catalogue, Dump

LIFETIME = 60  # seconds
Value = TypeVar("Value")


def shared_value(name: str, make: Callable[[], Value]) -> Value:
    """Return `make()`, or what it returned at most LIFETIME seconds ago if since then no paper has
    changed and no dump has been added. The value must be picklable; takes a short query."""
    newest_dump = Subquery(Dump.objects.order_by("-pk").values("pk")[:1])
    state = Catalogue.objects.values_list("change", newest_dump).first()
    key = f"{name} {state}".replace(" ", "-")
    kept: Value | None = cache.get(key)
    if kept is None:
        kept = make()
        cache.set(key, kept, LIFETIME)
    return kept

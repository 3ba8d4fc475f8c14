"""How many subscribers there are now."""

from django.db.models import Count

from subscriptions.models import Subscriber

MOST_COUNTED = 20_000


def people_now() -> tuple[dict[str, int], bool]:
    """Count subscribers by status, and say whether these are all.

    With more than MOST_COUNTED only the active ones are counted, for which there is an index.
    """
    some = Subscriber.objects.order_by("-pk").values("pk")[: MOST_COUNTED + 1]
    rows = Subscriber.objects.filter(pk__in=some).order_by().values_list("status")
    counts = dict(rows.annotate(Count("pk")))
    if sum(counts.values()) <= MOST_COUNTED:
        return counts, True
    return {Subscriber.Status.ACTIVE.value: Subscriber.objects.active_by_index().count()}, False

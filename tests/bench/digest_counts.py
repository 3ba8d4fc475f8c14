"""How the digests of the bench ended, as one JSON object."""

import json
import statistics

import django


def main() -> dict[str, object]:
    from django.utils.timezone import now

    from digest.models import Digest, State

    mine = Digest.objects.filter(not_before__lte=now())
    counts = mine.counts()
    sent = counts.pop(State.SENT, 0)
    entries = mine.filter(state=State.SENT).order_by("pk").values_list("entries", flat=True)
    sizes = [len(each) for each in entries[:2000]]
    return {"sent": sent, "others": counts, "median": statistics.median(sizes or [0])}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main()))

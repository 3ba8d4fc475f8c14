"""What profiles cost on a site of invented papers and readers, as one JSON object."""

import json
import random
import time
from datetime import timedelta

import django

PEOPLE, PAPERS, RATINGS = 1_000, 1_000, 20


def main() -> dict[str, float]:
    """Processor time: seconds of a fit of all readers, milliseconds of one digest's selection."""
    from django.utils.timezone import now

    from subscriptions.models import Profile
    from subscriptions.profiles.profile_fitting import fit_due

    _make()
    found = {"without": _selection()}
    start = time.process_time()
    assert fit_due(now, 600) == PEOPLE
    found["fit"] = time.process_time() - start
    found["with"] = _selection()
    terms = Profile.objects.values_list("terms", flat=True)
    found["bytes"] = sum(len(json.dumps(each)) for each in terms) / PEOPLE
    return found


def _make() -> None:
    from digest.models import Catalogue, Paper
    from subscriptions.models import Profile, Rating, Subscriber, Subscription
    from tests.bench import corpus
    from tests.support.factories import MORNING

    texts = corpus.papers(PAPERS)
    papers = Paper.objects.bulk_create(
        Paper(title=text.title[:500], title_key=str(text.id), abstract=text.abstract, seq=text.id,
              change=text.id, url="https://example.org/p", listed_on=MORNING.date())
        for text in texts
    )  # fmt: skip
    Catalogue.objects.update_or_create(pk=1, defaults={"newest_seq": PAPERS, "change": PAPERS})
    people = Subscriber.objects.bulk_create(
        Subscriber(email=f"p{n}@example.org", email_key=f"p{n}@example.org", status="active",
                   confirmed_at=MORNING - timedelta(days=3), send_at="07:00", next_due_at=MORNING)
        for n in range(PEOPLE)
    )  # fmt: skip
    draw = random.Random(7)
    words = [word for text in texts for word in text.title.split() if len(word) > 4]
    Subscription.objects.bulk_create(
        Subscription(subscriber=person, text=word)
        for person in people
        for word in set(draw.sample(words, 4))
    )
    Rating.objects.bulk_create(
        Rating(subscriber=person, paper=paper, value=draw.choice((1, -1)), rated_at=MORNING)
        for person in people
        for paper in draw.sample(papers, RATINGS)
    )
    Profile.objects.bulk_create(Profile(subscriber=person, changes=1) for person in people)


def _selection() -> float:
    """Milliseconds for what one digest holds, in batches of a hundred; the second time counts, as
    the index and its caches are shared by all."""
    from digest.models import Digest
    from digest.selection.active_keywords import active_keywords_of
    from digest.selection.contents import contents_of
    from subscriptions.models import Subscriber
    from tests.support.factories import MORNING

    people = list(Subscriber.objects.order_by("pk"))
    digests = [Digest(subscriber=person, local_date=MORNING.date()) for person in people]
    active = active_keywords_of(person.pk for person in people)
    for _ in range(2):
        start = time.process_time()
        for first in range(0, PEOPLE, 100):
            contents_of(digests[first : first + 100], active, MORNING)
        seconds = time.process_time() - start
    return 1000 * seconds / PEOPLE


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main()))

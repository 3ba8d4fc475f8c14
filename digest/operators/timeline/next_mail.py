"""What a subscriber's next digest would hold, each paper with its reason."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from digest.models import Digest, Paper
from digest.selection.contents import contents
from subscriptions.models import Subscriber

SHOWN = 25  # papers
_GETS_DIGESTS = (Subscriber.Status.ACTIVE, Subscriber.Status.PAUSED, Subscriber.Status.BOUNCING)


@dataclass(frozen=True, slots=True)
class NextPaper:
    title: str
    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class NextMail:
    """The next digest with the papers that are known now: the first SHOWN, and how many in all.

    `due`: when it is due, if it is. `read`: how many new papers were looked at.
    """

    due: datetime | None
    read: int
    count: int
    papers: list[NextPaper]

    @property
    def more(self) -> int:
        return self.count - len(self.papers)


def next_mail(person: Subscriber, at: datetime) -> NextMail | None:
    """Work out the next digest as the preview does, without composing it. Changes nothing.

    Returns None for those who get no digests: their watermark may be years old, so that all papers
    since would be read.
    """
    if person.status not in _GETS_DIGESTS:
        return None
    due = person.next_due_at if person.status == Subscriber.Status.ACTIVE else None
    when = max(due or at, at)
    digest = Digest(subscriber=person, local_date=when.astimezone(person.zone).date())
    found = contents(digest, when)
    first = found.entries[:SHOWN]
    titles = dict(
        Paper.objects.filter(pk__in=[each.paper for each in first]).values_list("pk", "title")
    )
    papers = [
        NextPaper(
            titles.get(each.paper, f"paper {each.paper}"),
            reverse("paper", args=[each.paper]),
            ": ".join(filter(None, (", ".join(each.keywords) or "trending", each.why))),
        )
        for each in first
    ]
    return NextMail(due, found.read, len(found.entries), papers)

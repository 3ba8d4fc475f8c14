"""Links to a subscriber's account: change of address, export and deletion.

They are mailed on request, work for 30 minutes, and for one action: a digest that somebody forwards
holds a link to the preferences, which must not be enough for these.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.db.models import F

from digest.models import Letter

from ..letters.letter_planning import LetterLimit, plan_letter
from ..models import Subscriber, SubscriberQuerySet

LIMITS = (LetterLimit(5, timedelta(days=1)), LetterLimit(15, timedelta(days=30)))
_WHILE_VALID = LetterLimit(1, timedelta(minutes=30))
_USED = "account_links"  # in a letter's facts: how many links were used before


@dataclass(frozen=True, slots=True)
class AccountLink:
    """An account link: its subscriber, and how many such links were used when it was mailed."""

    subscriber: Subscriber
    used_before: int

    @classmethod
    def read(cls, named: str) -> Self:
        """Read what `account_name` wrote.

        Raises ValueError for anything else, DoesNotExist if the subscriber is deleted.
        """
        pk, _, used_before = named.partition("-")
        return cls(Subscriber.objects.resolve(pk), int(used_before))

    @property
    def is_used(self) -> bool:
        return self.subscriber.account_links != self.used_before

    def use(self) -> bool:
        """Use the link up; return False if it was used already. Of concurrent calls one gets it."""
        return bool(self._unused().update(account_links=F("account_links") + 1))

    def use_to_leave(self, *, at: datetime) -> bool:
        """Unsubscribe with the link; return False if it was used already.

        It is not used up: deletion begins with this, and can be repeated after a crash.
        """
        left = {"status": Subscriber.Status.UNSUBSCRIBED, "requested": {}, "unsubscribed_at": at}
        return bool(self._unused().update(**left))

    def _unused(self) -> SubscriberQuerySet:
        """The subscriber, unless the link is used or was mailed to a former address."""
        return Subscriber.objects.filter(
            pk=self.subscriber.pk,
            account_links=self.used_before,
            email_key=self.subscriber.email_key,
        )


def account_name(subscriber: Subscriber) -> str:
    """Return the text that an account link signs. The next action invalidates it."""
    return f"{subscriber.pk}-{subscriber.account_links}"


def send_account_link(subscriber: Subscriber, *, at: datetime) -> None:
    """Plan a letter with an account link, within LIMITS: a page cannot tell whether it was.

    If the link of the last one was used, another one need not wait until that would have expired.
    """
    used = subscriber.account_links
    letters = Letter.objects.filter(subscriber=subscriber, purpose=Letter.Purpose.ACCOUNT)
    last = letters.order_by("-pk").values_list("facts", flat=True).first()
    was_used = last is not None and last.get(_USED) != used
    limits = LIMITS if was_used else (_WHILE_VALID, *LIMITS)
    plan_letter(subscriber, Letter.Purpose.ACCOUNT, at, limits=limits, facts={_USED: used})


def was_sent_lately(subscriber: Subscriber, *, at: datetime) -> bool:
    """Whether a letter with an account link was planned while such a link is still valid."""
    letters = Letter.objects.filter(subscriber=subscriber, purpose=Letter.Purpose.ACCOUNT)
    return letters.filter(not_before__gt=at - _WHILE_VALID.period).exists()

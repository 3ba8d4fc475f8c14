"""Locks are taken in one order, digests, subscribers, suppressions, so that no two deadlock."""

import pytest

from tests.support import servers
from tests.support.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

_MEET = """
import threading, time
from datetime import timedelta
from django.db import connection, transaction
from digest.sending import planning
from digest.models import endings
from digest.models import Digest
from digest.models.digests import DigestQuerySet
from subscriptions import signup, unsubscribing
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING

told, threads = [], []

def tell(who, act):
    try:
        act()
        told.append(who)
    except Exception as wrong:
        told.append(f"{who}: {type(wrong).__name__}")

def there(who, act):
    tell(who, act)
    connection.close()

def waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]

def meet(owner, name, who, act):
    # In the middle of `owner.name` somebody else begins, and waits by the time it goes on.
    was = getattr(owner, name)
    def met(*given, **named):
        setattr(owner, name, was)
        threads.append(threading.Thread(target=there, args=(who, act)))
        threads[0].start()
        until = time.monotonic() + 5
        while not waits() and time.monotonic() < until:
            time.sleep(0.01)
        told.append("met" if waits() else "passed by")
        return was(*given, **named)
    setattr(owner, name, met)

Subscriber.objects.all().delete()
Suppression.objects.all().delete()
person = factories.subscriber("ada@example.org", "robot")
digest = planning.send_now(person, MORNING)

def leave():
    global leased
    [leased] = Digest.objects.claim(MORNING, 1)
    leased.to_seq = 5
    unsubscribing.unsubscribe(person.pk)

def end():
    endings.end_as_empty([leased])

def confirm():
    signup.confirm(person.pk, at=MORNING)

def bounce():
    endings.stop_mailing(person.email_key, "550", MORNING)
"""
_END = """
threads[0].join()
row = Subscriber.objects.get()
print(*told, sep=", ", end="; ")
suppressed = Suppression.objects.count()
print(Digest.objects.get().state, row.status, row.confirmed_through_seq, suppressed)
"""
MEETINGS = {
    "somebody confirms anew while their digest ends": (
        "leave(); meet(endings, '_advance_watermarks', 'confirm', confirm); tell('end', end)",
        {"end", "confirm"},
        "empty active 0 0",
    ),
    "a digest ends while its person confirms anew": (
        "leave(); meet(signup, '_activate', 'end', end); tell('confirm', confirm)",
        {"confirm", "end: NotAllChanged"},
        "cancelled active 0 0",
    ),
    "somebody confirms while an operator presses send now": (
        "meet(DigestQuerySet, 'make_due', 'confirm', confirm)\n"
        "tell('send', lambda: planning.send_now(person, MORNING))",
        {"send", "confirm"},
        "planned active 0 0",
    ),
    "somebody confirms while their address bounces again": (
        "bounce(); meet(Suppression.objects, 'record', 'confirm', confirm)\n"
        "later = MORNING + timedelta(hours=1)\n"
        "tell('bounce', lambda: endings.stop_mailing(person.email_key, '550', later))",
        {"bounce", "confirm"},
        "cancelled active 0 0",
    ),
    "an address bounces again while its person confirms": (
        "bounce(); meet(signup, '_lift_bounce', 'bounce', lambda: endings.stop_mailing("
        "person.email_key, '550', MORNING + timedelta(hours=1)))\n"
        "tell('confirm', confirm)",
        {"confirm", "bounce"},
        "cancelled bouncing 0 1",
    ),
    "a bounce is reported while a complaint is taken": (
        "bounce()\n"
        "with transaction.atomic():\n"
        "    Suppression.objects.record(person.email_key, 'complaint')\n"
        "    meet(unsubscribing, 'unsubscribe', 'bounce', lambda: Suppression.objects.record("
        "person.email_key, 'bounce', detail='late'))\n"
        "    tell('complaint', lambda: unsubscribing.unsubscribe(person.pk))\n"
        "threads[0].join(); row = Suppression.objects.get()\n"
        "told.append(f'{row.reason} {row.expires_at}')",
        {"complaint", "bounce", "complaint None"},
        "planned unsubscribed 0 1",
    ),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Site:
    folder = tmp_path_factory.mktemp("lock_order")
    site = Site(folder, DATABASE_URL=servers.new_database(postgres, folder.name))
    site.run("migrate", "--verbosity=0")
    return site


@pytest.mark.parametrize("meeting", MEETINGS)
def test_two_meet_at_one_person(meeting: str, site: Site) -> None:
    script, output, left = MEETINGS[meeting]
    said, _, stands = site.run("shell", "--no-imports", "-c", _MEET + script + _END).partition("; ")
    assert set(said.split(", ")) == {"met", *output}
    assert stands.strip() == left

"""After an upgrade and a new SECRET_KEY no suppressed address is mailed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from digest.mail.outbox import mails
from tests.support import servers
from tests.support.site import Site

pytestmark = pytest.mark.slow
OLD, NEW = "old-key-for-tests-0123456789abcdef", "new-key-for-tests-0123456789abcdef"
BEFORE = (("subscriptions", "0006_pending_suppressions"), ("digest", "0017_automatic_holds"))

# Of a thousand suppressed readers every second is deleted, and every fourth was suppressed as
# "reader"@…; six hundred people subscribed twice, once with quotation marks, and left once.
FILL = f"""
import hashlib, hmac
from datetime import time, timedelta
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.timezone import now
apps = MigrationLoader(connection).project_state({list(BEFORE)!r}).apps
at = now()

def address(name, n):
    return f'"{{name}}{{n}}"@example.org' if n % 4 < 2 else f'{{name}}{{n}}@example.org'

def hashed(key):
    return hmac.new(b'suppression:{OLD}', key.encode(), hashlib.sha256).hexdigest()

def person(email, status='active'):
    return Subscriber(email=email, email_key=email, status=status, confirmed_at=at,
        send_at=time(7), next_due_at=at - timedelta(minutes=5))

Subscriber = apps.get_model('subscriptions', 'Subscriber')
Subscription = apps.get_model('subscriptions', 'Subscription')
Suppression = apps.get_model('subscriptions', 'Suppression')
Suppression.objects.bulk_create(
    Suppression(address_hash=hashed(address('reader', n)), reason='complaint') for n in range(1000))
people = [person(address('reader', n)) for n in range(1, 1000, 2)]
people += [person(f'fine{{n}}@example.org') for n in range(20)]
people += [person(f'twin{{n}}@example.org') for n in range(600)]
people += [person(f'"twin{{n}}"@example.org', 'unsubscribed') for n in range(600)]
Subscriber.objects.bulk_create(people)
Subscription.objects.bulk_create(
    Subscription(subscriber=each, text='robot') for each in Subscriber.objects.all())
"""
# The deleted ones come back, as plainly written.
COME_BACK = """
from django.db import transaction
from django.utils.timezone import localdate, now
from subscriptions import signup
from subscriptions.models import Subscriber
from tests.support import factories
with transaction.atomic():
    factories.paper('A robot', listed_on=localdate())
for n in range(0, 1000, 2):
    person = signup.request(f'reader{n}@example.org', signup.SignUpRequest(('robot',)), at=now(),
        letter=False)
    signup.confirm(person.pk, at=now())
Subscriber.objects.update(next_due_at=now(), confirmed_through_seq=0)
"""
ANOTHER = """
from datetime import timedelta
from django.utils.timezone import now
from tests.support import factories
factories.subscriber('late@example.org', 'robot', next_due_at=now() - timedelta(minutes=1))
"""


def run(site: Site, script: str) -> str:
    return site.run("shell", "-v0", "-c", script)


def deliver(site: Site) -> dict[str, Any]:
    return dict(json.loads(site.run("deliver", "--json")))


def recipients(*sites: Site) -> list[str]:
    output = [
        mail.read_bytes().decode() for site in sites for mail in mails(site.folder / "outbox")
    ]
    return sorted(re.findall(r"^To: (\S+@\S+?)\s*$", "\n".join(output), re.MULTILINE))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shared.sqlite3'}"
    return servers.new_database(request.getfixturevalue("postgres"), "upgrade")


def test_an_upgrade_and_a_rotation_on_two_machines(database: str, tmp_path: Path) -> None:
    one, two, third = (
        Site(tmp_path / name, DATABASE_URL=database, SECRET_KEY=OLD) for name in ("1", "2", "3")
    )
    for app, name in BEFORE:
        one.run("migrate", app, name, "--verbosity=0")
    run(one, FILL)
    # 250 of the readers that are left, and all who subscribed twice.
    assert "Mailboxes with a new key: 850; subscribers merged: 600." in one.run("migrate")
    for site in (one, two):
        assert "has the database’s suppression key" in site.run("suppression_key")
        site.environment["SECRET_KEY"] = NEW
    third.environment["SECRET_KEY"] = NEW
    run(two, COME_BACK)
    fine = sorted(f"fine{n}@example.org" for n in range(20))
    counts = [deliver(site) for site in (one, two)]
    assert sum(each["sent"] for each in counts) == len(fine)
    assert recipients(one, two) == fine
    suppressed = 'from digest.models import Digest; print(Digest.objects.counts()["suppressed"])'
    assert int(run(one, suppressed)) == 1000

    run(one, ANOTHER)
    assert deliver(third)["sent"] == 0
    wrong = third.start("doctor")
    assert "suppression key is not the one" in wrong.communicate(timeout=120)[0]
    assert recipients(third) == []
    assert deliver(two)["sent"] == 1
    assert "late@example.org" in recipients(two)

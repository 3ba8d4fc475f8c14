"""Five processes change one list of keywords: none is lost, doubled, or beyond the limit."""

import json
from pathlib import Path

import pytest

from tests.support.five_processes import (
    ON_BOTH_DATABASES,
    PROCESSES,
    TOGETHER,
    migrated_site,
    shell,
    together,
)
from tests.support.site import Site

pytestmark = pytest.mark.slow
_PERSON = """
from tests.support import factories
from subscriptions.models import Subscriber
person = factories.subscriber("ada@example.org", *(f"word{n}" for n in range(80)))
"""
_PRESS = (
    TOGETHER
    + """
from subscriptions import changes
from subscriptions.models import Subscriber, Subscription
person = Subscriber.objects.get()
"""
)
_ADD = (
    _PRESS
    + """
done = 0
for number in range(12):
    try:
        changes.add(person, [f"shared{number}", f"SHARED{number}", f"own {mine.name} {number}"])
        done += 1
    except changes.ChangeRefused:
        pass
print(done)
"""
)
_MOVE = (
    _PRESS
    + """
import random
for _ in range(20):
    row, other = random.sample(list(person.subscriptions.active()[:20]), 2)
    try:
        random.choice([
            lambda: changes.move(row, before=other.pk),
            lambda: changes.edit(row, f"edited {mine.name} {_}"),
            lambda: changes.move(row, before=None),
        ])()
    except changes.ChangeRefused:
        pass
print("done")
"""
)
_STATE = """
import json
from subscriptions.changes.keyword_rows import meaning_key
from subscriptions.models import Subscriber
rows = list(Subscriber.objects.get().subscriptions.active())
print(json.dumps([
    len(rows), len({meaning_key(row.text) for row in rows}), len({row.position for row in rows}),
]))
"""


@ON_BOTH_DATABASES
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    site = migrated_site(request, tmp_path)
    shell(site, _PERSON)
    return site


def test_added_at_the_same_time(site: Site) -> None:
    added = together(site, _ADD)
    count, meanings, _ = json.loads(shell(site, _STATE))
    assert count == meanings <= 100
    assert sum(map(int, added)) >= 10


def test_moved_and_edited_at_the_same_time(site: Site) -> None:
    assert together(site, _MOVE) == ["done"] * PROCESSES
    assert json.loads(shell(site, _STATE)) == [80, 80, 80]

"""Planners in processes of their own, on one database: together, killed, and locked out."""

import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.support import servers
from tests.support.factories import MORNING
from tests.support.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

PEOPLE = 4000
_MAKE = f"""
from datetime import timedelta
from subscriptions.models import Subscriber
from tests.support.factories import MORNING
Subscriber.objects.bulk_create(
    Subscriber(
        email=f"p{{n}}@example.org", email_key=f"p{{n}}@example.org", status="active",
        confirmed_at=MORNING, send_at=MORNING.time(),
        next_due_at=MORNING - timedelta(minutes=n % 5),
    )
    for n in range({PEOPLE})
)
"""
_PLAN = """
from digest.sending import planning
from tests.support.factories import MORNING
planning.BATCH = 25
print(planning.plan(MORNING)["planned"])
"""
_TWICE = "SELECT count(*), count(DISTINCT subscriber_id) FROM digest_digest"
_LEFT = "SELECT count(*) FROM subscriptions_subscriber WHERE next_due_at <= %s"


@pytest.fixture
def site(tmp_path: Path, postgres: str) -> Site:
    site = Site(tmp_path, DATABASE_URL=servers.new_database(postgres, tmp_path.name))
    site.run("migrate", "--verbosity=0")
    site.run("shell", "--no-imports", "-c", _MAKE)
    return site


def ask(site: Site, statement: str, *values: object) -> tuple[int, ...]:
    with psycopg.connect(site.environment["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(statement.encode(), values).fetchone()
    assert row
    return row


def plan(site: Site) -> int:
    return int(site.run("shell", "--no-imports", "-c", _PLAN))


def everybody_once(site: Site) -> bool:
    return ask(site, _TWICE) == (PEOPLE, PEOPLE) and ask(site, _LEFT, MORNING) == (0,)


def test_two_planners_share_the_work(site: Site) -> None:
    planners = [site.start("shell", "--no-imports", "-c", _PLAN) for _ in range(2)]
    shares = [int(planner.communicate(timeout=60)[0]) for planner in planners]
    assert sum(shares) == PEOPLE
    assert everybody_once(site)


def test_a_killed_planner_loses_nobody(site: Site) -> None:
    planner = site.start("shell", "--no-imports", "-c", _PLAN)
    while not (made := ask(site, _TWICE)[0]) and planner.poll() is None:
        time.sleep(0.01)
    site.kill(planner)
    assert 0 < made < PEOPLE
    plan(site)
    assert everybody_once(site)


def test_who_is_locked_is_planned_the_next_time(site: Site) -> None:
    with psycopg.connect(site.environment["DATABASE_URL"]) as elsewhere:
        elsewhere.execute(
            "UPDATE subscriptions_subscriber SET send_at = '09:00' "
            "WHERE id = (SELECT min(id) FROM subscriptions_subscriber)"
        )
        assert plan(site) == PEOPLE - 1
    assert plan(site) == 1
    assert everybody_once(site)
    due = ask(site, "SELECT next_due_at FROM subscriptions_subscriber ORDER BY id LIMIT 1")
    assert due == (MORNING + timedelta(days=1, hours=2),)

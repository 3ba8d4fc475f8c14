"""`manage.py keywords`: the demand for each keyword."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from subscriptions.models import Subscription
from tests.support import factories

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("keywords", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def people() -> None:
    today = timezone.now().date()
    factories.paper("Robot learning", listed_on=today)
    factories.paper("Deep robots", listed_on=today)
    factories.subscriber("a@example.org", "robot", "quantum")
    factories.subscriber("b@example.org", "Robots", "-survey")
    factories.subscriber("c@example.org", "deep", status="paused", trending_top=5)
    factories.subscriber("d@example.org", trending_top=10)


@pytest.mark.usefixtures("people")
def test_one_meaning_is_one_keyword_and_only_the_active_count() -> None:
    found = [json.loads(line) for line in run("--json").splitlines()]
    counts = {
        each["keyword"].lower().rstrip("s"): (each["people"], each["papers"]) for each in found
    }
    assert counts == {"robot": (2, 2), "quantum": (1, 0), "-survey": (1, 0)}


@pytest.mark.usefixtures("people")
def test_what_hits_nothing_and_what_cannot_be_read_is_told() -> None:
    Subscription.objects.filter(text="quantum").update(text="a OR -b")
    output = run("--limit", "5")
    assert output.startswith("2 different keywords are active; 1 of them match any of the 2 papers")
    assert "2 people       2 papers  " in output
    assert "People who get trending papers: 1.\n" in output
    assert "1 can no longer be read: “a OR -b”" in output
    assert "@" not in output


def test_with_nobody_it_says_so() -> None:
    assert run().startswith("0 different keywords are active; 0 of them match any of the 0 papers")


def test_days_must_count() -> None:
    with pytest.raises(CommandError, match="Use 1 or more"):
        run("--days", "0")

"""Five processes on one database: a link works once, and one of two digests gets an address."""

from pathlib import Path

import pytest

from tests.support import five_processes
from tests.support.five_processes import ON_BOTH_DATABASES, PROCESSES, TOGETHER, migrated_site
from tests.support.site import Site

pytestmark = pytest.mark.slow
_PREPARE = """
from django.utils.timezone import now
from subscriptions.account import address_changes
from subscriptions.account.account_links import AccountLink, account_name
from tests.support import factories
from tests.support.address_changes import moved, requested
from tests.support.factories import MORNING
"""
_PRESS = (
    TOGETHER
    + """
import sys
from subscriptions.models import AddressChange, Subscriber
number = sorted(here.iterdir()).index(mine)
def act(what, *given, **named):
    try:
        what(*given, **named)
        print("done")
    except address_changes.NotChanged as wrong:
        print(wrong.obstacle.value)
"""
)
_STATE = """
from subscriptions.models import AddressChange, Subscriber
from digest.models import Letter
print(*Subscriber.objects.order_by("email").values_list("email", flat=True))
print(Letter.objects.filter(purpose="address-changed").count())
print(AddressChange.objects.exclude(confirmed_at=None).count())
"""


@ON_BOTH_DATABASES
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    return migrated_site(request, tmp_path, LIMITS="mailbox=none")


def shell(site: Site, program: str) -> list[str]:
    return five_processes.shell(site, _PREPARE + program).splitlines()


def together(site: Site, program: str) -> list[str]:
    said = five_processes.together(site, _PREPARE + _PRESS + program)
    return sorted(line for lines in said for line in lines.splitlines())


def test_one_of_five_requests_uses_an_account_link(site: Site) -> None:
    shell(site, 'factories.subscriber("ada@example.org")')
    said = together(
        site,
        "link = AccountLink(Subscriber.objects.get(), 0)\n"
        'act(address_changes.request_change, link, f"ada@n{number}.example", at=MORNING)',
    )
    assert said == ["done", *["link used"] * 4]


def test_one_of_five_confirmations_changes_the_address(site: Site) -> None:
    shell(site, 'requested(factories.subscriber("ada@example.org"), "ada@new.example", MORNING)')
    said = together(
        site, "act(address_changes.confirm_change, AddressChange.objects.get(), at=MORNING)"
    )
    assert said == ["confirmed"] * 4 + ["done"]
    assert shell(site, _STATE) == ["ada@new.example", "1", "1"]


def test_one_of_five_digests_gets_an_address(site: Site) -> None:
    """A sign-up with it that nobody confirmed gives way meanwhile."""
    shell(
        site,
        f"for number in range({PROCESSES}):\n"
        '    person = factories.subscriber(f"p{number}@example.org")\n'
        '    requested(person, "shared@new.example", MORNING)\n'
        'factories.subscriber("shared@new.example", status="pending", confirmed_at=None)',
    )
    said = together(
        site,
        'change = AddressChange.objects.order_by("pk")[number]\n'
        "act(address_changes.confirm_change, change, at=MORNING)",
    )
    assert said == ["done", *["taken"] * 4]
    people, *counts = shell(site, _STATE)
    assert people.split().count("shared@new.example") == 1
    assert (len(people.split()), counts) == (PROCESSES, ["1", "1"])


def test_changes_made_and_undone_together_leave_one_address(site: Site) -> None:
    """Two are undone while a third is confirmed: whatever comes first, nothing deadlocks."""
    shell(
        site,
        'person = factories.subscriber("ada@example.org")\n'
        'moved(person, "ada@b.example", MORNING)\n'
        'moved(person, "ada@c.example", MORNING)\n'
        'requested(person, "ada@d.example", MORNING)',
    )
    said = together(
        site,
        'change = AddressChange.objects.order_by("pk")[number % 3]\n'
        "undo = address_changes.undo_change\n"
        "confirm = address_changes.confirm_change\n"
        "act(confirm if number % 3 == 2 else undo, change, at=now())",
    )
    assert len(said) == PROCESSES
    assert "done" in said
    assert set(said) <= {"done", "undone", "withdrawn"}
    people = shell(site, _STATE)[0]
    assert people in ("ada@example.org", "ada@b.example", "ada@d.example")

"""Five processes on one database: a confirmation counts once, and one letter is planned."""

import json
from pathlib import Path

import pytest

from tests.support.five_processes import (
    ON_BOTH_DATABASES,
    TOGETHER,
    migrated_site,
    shell,
    together,
)
from tests.support.site import Site

pytestmark = pytest.mark.slow
REQUESTS = 40
_SIGN_UP = """
from django.utils.timezone import now
from subscriptions import signup
person = signup.request("ada@example.org", signup.SignUpRequest(("robot",)), at=now())
print(person.pk, signup.fingerprint(person))
"""
_PRESS = (
    TOGETHER
    + """
from django.utils.timezone import now
from subscriptions import request_queue, signup
from subscriptions.models import Subscriber
"""
)
_CONFIRM = (
    _PRESS
    + """
try:
    signup.confirm_shown(PERSON, 0, "SHOWN", at=now())
    print("confirmed")
except signup.LinkUsed:
    print("used")
"""
)
_ASK = f"""
from django.utils.timezone import now
from subscriptions import request_queue, signup
for each in range({REQUESTS}):
    asked = signup.SignUpRequest((f"word{{each}}",))
    request_queue.queue_sign_up(f"reader{{each % 8}}@d{{each % 8}}.example", asked, at=now())
"""
_COUNT = """
import json
from digest.models import Letter
from subscriptions.models import LetterRequest, Subscriber
print(json.dumps({
    "rows": LetterRequest.objects.count(),
    "letters": Letter.objects.count(),
    "newest": sorted(each.requested["keywords"][0] for each in Subscriber.objects.all()),
}))
"""
_DIE = """
import os, signal
from django.utils.timezone import now
from subscriptions import request_queue, signup
owe = signup.plan_letter
def die(*args, **named):
    owe(*args, **named)
    os.kill(os.getpid(), signal.SIGKILL)
signup.plan_letter = die
request_queue.queue_sign_up("ada@example.org", signup.SignUpRequest(("robot",)), at=now())
request_queue.process_requests(now())
"""
_HANDLE = "from django.utils.timezone import now\nfrom subscriptions import request_queue\n"
_HANDLE += "print(request_queue.process_requests(now()))"


@ON_BOTH_DATABASES
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    return migrated_site(request, tmp_path, LIMITS="mailbox=none")


def test_one_of_five_requests_confirms(site: Site) -> None:
    person, shown = shell(site, _SIGN_UP).split()
    said = together(site, _CONFIRM.replace("PERSON", person).replace("SHOWN", shown))
    assert said == ["confirmed", *["used"] * 4]
    counted = "from subscriptions.models import *\nprint(*Subscriber.objects.values_list("
    assert shell(site, counted + "'status', 'confirmations').get())") == "active 1"


def test_five_workers_owe_each_letter_once_and_keep_the_order(site: Site) -> None:
    shell(site, _ASK)
    dealt_with = together(site, _PRESS + "print(request_queue.process_requests(now()))")
    assert sum(map(int, dealt_with)) == REQUESTS
    newest = sorted(f"word{each}" for each in range(REQUESTS - 8, REQUESTS))
    assert json.loads(shell(site, _COUNT)) == {"rows": 0, "letters": 8, "newest": newest}


def test_a_worker_that_is_killed_in_between_changes_nothing(site: Site) -> None:
    dying = site.start("shell", "--no-imports", "-c", _DIE)
    dying.communicate(timeout=60)
    assert dying.returncode == -9
    assert json.loads(shell(site, _COUNT)) == {"rows": 1, "letters": 0, "newest": []}
    assert shell(site, _HANDLE) == "1"
    assert json.loads(shell(site, _COUNT)) == {"rows": 0, "letters": 1, "newest": ["robot"]}

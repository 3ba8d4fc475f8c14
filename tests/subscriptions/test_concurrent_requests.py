"""Five processes on one database: a confirmation counts once, and one letter is planned."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.site import Site

pytestmark = pytest.mark.slow
PROCESSES, REQUESTS = 5, 40
_SIGN_UP = """
from django.utils.timezone import now
from subscriptions import signup
person = signup.request("ada@example.org", signup.SignUpRequest(("robot",)), at=now())
print(person.pk, signup.fingerprint(person))
"""
# All at the same time: each waits until the five are there.
_PRESS = f"""
import pathlib, time
from django.conf import settings
from django.db import connection
from django.utils.timezone import now
from subscriptions import request_queue, signup
from subscriptions.models import Subscriber
connection.ensure_connection()
here = pathlib.Path(settings.DATA_DIR) / "here"
here.mkdir(exist_ok=True)
(here / str(time.monotonic_ns())).touch()
while len(list(here.iterdir())) < {PROCESSES}:
    time.sleep(0.01)
"""
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
owe = signup._plan_letter
def die(*args, **named):
    owe(*args, **named)
    os.kill(os.getpid(), signal.SIGKILL)
signup._plan_letter = die
request_queue.queue_sign_up("ada@example.org", signup.SignUpRequest(("robot",)), at=now())
request_queue.process_requests(now())
"""
_HANDLE = "from django.utils.timezone import now\nfrom subscriptions import request_queue\n"
_HANDLE += "print(request_queue.process_requests(now()))"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    if request.param == "postgres":
        database = servers.new_database(request.getfixturevalue("postgres"), tmp_path.name)
    site = Site(tmp_path / "var", DATABASE_URL=database, LIMITS="mailbox=none")
    site.run("migrate", "--verbosity=0")
    return site


def shell(site: Site, program: str) -> str:
    return site.run("shell", "--no-imports", "-c", program).strip()


def together(site: Site, program: str) -> list[str]:
    with ThreadPoolExecutor(PROCESSES) as pool:
        return sorted(pool.map(lambda _: shell(site, program), range(PROCESSES)))


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

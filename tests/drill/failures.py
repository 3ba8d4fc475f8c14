"""The failures, one function each, by name. Each raises LookupError if this machine cannot
produce it."""

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from tests.ingest.formats.poison import POISON
from tests.support import servers
from tests.support.sink import Answer

from . import times
from .lost_and_mistaken import database_restored, many_bounces, papers_withdrawn
from .machines import full, small_disk
from .trial_service import Row, TrialService, kill, trial_service

DUE = r"e-mails are overdue|deferred|due for .* not planned|No e-mail has been sent|refused"
GOOD = "Daily Papers\n\nNov 20, 2026\n\nA robot{number}\n\nIt walks.\n\n  • 2 authors\n·\nNov 19\n"
KILLS = 10


def _slowly(answer: Answer, seconds: float = 0.05) -> Callable[[], Answer]:
    def say() -> Answer:
        time.sleep(seconds)
        return answer

    return say


def postgres_killed(people: int, outage: float) -> Row:
    began = time.monotonic()
    with trial_service(people=people, database="postgresql") as service:
        assert service.postgres
        with service.relay.saying("dot", _slowly("250 2.0.0 taken")):
            servers.wait_until(lambda: len(service.accepted()) > people // 4)
            service.postgres.kill()
            until = time.monotonic() + outage
            seen = service.seen("database")
            time.sleep(max(0.0, until - time.monotonic()))
            service.postgres.start()
        return service.row(f"PostgreSQL killed, {outage:.0f} s", service.recovers(), seen, began)


def redis_killed(people: int, database: str = "sqlite") -> Row:
    began, asked, go_on = time.monotonic(), threading.Event(), threading.Event()

    def wait() -> Answer:
        asked.set()
        go_on.wait(5)
        return "250 2.0.0 taken"

    with trial_service(people=people, database=database) as service:
        workers: list[int] = []
        for number in range(2):
            asked.clear()
            go_on.clear()
            with service.relay.saying("dot", wait):
                if number:
                    service.next_day()
                assert asked.wait(60), "no mail was under way"
                workers = workers or service.workers()[0]
                service.redis.kill()
                seen = service.seen("[Bb]roker|Redis")
                go_on.set()
            service.redis.start()
            service.recovers()
        recovered = service.recovers() and service.workers()[0] == workers
        return service.row("Redis killed twice in mid-task", recovered, seen, began)


def redis_gone(people: int, outage: float) -> Row:
    """The same workers go on when it is back: none has given up."""
    began = time.monotonic()
    with trial_service(people=people) as service:
        service.recovers(service.everybody_has_mail)
        workers = service.workers()[0]
        service.redis.kill()
        service.next_day()
        until = time.monotonic() + outage
        seen = service.seen("[Bb]roker|Redis")
        time.sleep(max(0.0, until - time.monotonic()))
        service.redis.start()
        recovered = service.recovers() and service.workers()[0] == workers
        return service.row(f"Redis gone, {outage:.0f} s", recovered, seen, began)


def relay_down(people: int) -> Row:
    began = time.monotonic()
    with trial_service(people=people) as service:
        service.relay.stop()
        time.sleep(4)
        seen = service.seen(DUE)
        service.relay.start()
        return service.row("relay down", service.recovers(service.everybody_has_mail), seen, began)


def relay_refuses(people: int, reply: str) -> Row:
    """4xx: all of it goes later. 5xx: what was refused is in the next day's mail; sending stops by
    itself, until an operator resumes it."""
    began, for_good, name = (
        time.monotonic(),
        reply.startswith("5"),
        f"relay says {reply[:3]} to all",
    )
    with trial_service(people=people) as service:
        with service.relay.saying("RCPT", lambda: reply):
            servers.wait_until(lambda: bool(service.states()["failed"] or _tried(service)), 30)
            held = not for_good or servers.wait_until(lambda: bool(_holds(service)), 30)
            seen = service.seen(DUE)
        if for_good:
            service.run_code(_LIFT)
            service.recovers()
            service.next_day()
            name += ", hold lifted"
        recovered = held and service.recovers(service.everybody_has_mail)
        return service.row(name, recovered, seen, began)


_LIFT = """
from digest.models import Hold
from digest.sending.automatic_holds import lift
for hold in Hold.objects.all():
    lift(hold)
"""


def _holds(service: TrialService) -> int:
    ((found,),) = service.sql("SELECT COUNT(*) FROM digest_hold")
    return int(str(found))


def _tried(service: TrialService) -> int:
    ((tried,),) = service.sql("SELECT COUNT(*) FROM digest_digest WHERE attempts > 0")
    return int(str(tried))


def outbox_full(people: int) -> Row:
    return _full("the outbox", people, "outbox", "8m", {"EMAIL_URL": ""})


def journal_full(people: int) -> Row:
    return _full("the journal of replies", people, "replies", "64k", {}, stops=False)


def sqlite_full(people: int) -> Row:
    return _full("SQLite", people, "", "40m", {})


def _full(
    what: str, people: int, place: str, size: str, settings: dict[str, str], *, stops: bool = True
) -> Row:
    """The place has no room when the first mails are due, and gets some again."""
    began = time.monotonic()

    def prepare(folder: Path) -> object:
        return small_disk(folder / place, size)

    with trial_service(people=people, settings=settings, prepare=prepare) as service:  # type: ignore[arg-type]
        service.recovers(service.everybody_has_mail)
        before = len(service.accepted())
        if not place:  # nothing can be written then, not even that people are due
            service.next_day(due_in=4)
        with full(service.folder / place):
            if place:
                service.next_day()
            going_on = servers.wait_until(
                lambda: len(service.accepted()) > before, 6 if stops else 30
            )
            seen = service.seen("cannot be written|disk|No space|full")
        recovered = service.recovers() and going_on != stops
        return service.row(f"disk full: {what}", recovered, seen, began)


def raw_bytes_full(people: int) -> Row:
    """A file that lands while its bytes cannot be kept waits, and is taken afterwards."""
    began = time.monotonic()
    with trial_service(
        people=people, prepare=lambda folder: small_disk(folder / "dumps", "256k")
    ) as service:
        with full(service.folder / "dumps"):
            _land(service.folder, "page.txt", GOOD.format(number=1).encode())
            time.sleep(6)
            seen = service.seen("cannot be written|No space|full")
            waits = not _robots(service)
        recovered = (
            servers.wait_until(lambda: _robots(service) == 1, 60) and waits and service.recovers()
        )
        return service.row("disk full: raw bytes", recovered, seen, began)


def poison_files(people: int) -> Row:
    """Files made to break their reader, and a good one behind them."""
    began = time.monotonic()
    with trial_service(people=people) as service:
        for number, (name, make) in enumerate(POISON.items()):
            _land(service.folder, f"{number:02} {name.replace(', ', ' ')}.txt", make())
        _land(service.folder, "zz good.txt", GOOD.format(number=2).encode())
        taken = servers.wait_until(lambda: _robots(service) == 1, 120)
        inbox = service.folder / "inbox"
        emptied = servers.wait_until(lambda: not [p for p in inbox.iterdir() if p.is_file()], 60)
        seen = service.seen("were not taken")
        return service.row("poison files", taken and emptied and service.recovers(), seen, began)


def _land(folder: Path, name: str, data: bytes) -> None:
    """Written elsewhere and renamed: whole from the first moment."""
    inbox = folder / "inbox"
    inbox.mkdir(exist_ok=True)
    (folder / "landing").write_bytes(data)
    (folder / "landing").rename(inbox / name)


def _robots(service: TrialService) -> int:
    ((found,),) = service.sql("SELECT COUNT(*) FROM digest_paper WHERE title LIKE 'A robot%'")
    return int(str(found))


def workers_killed(people: int, kills: int = KILLS) -> Row:
    """kill -9, mostly of one process of the pool, and twice of all."""
    began, random = time.monotonic(), Random(7)
    with (
        trial_service(people=people) as service,
        service.relay.saying("dot", _slowly("250 2.0.0 taken", 0.02)),
    ):
        for number in range(kills):
            servers.wait_until(lambda: bool(service.workers()[1]), 30)
            time.sleep(random.uniform(0.3, 1.2))
            mains, pool = service.workers()
            for pid in mains if number in (3, 7) else pool[:1]:
                kill(pid)
        return service.row(f"kill -9 of workers, {kills} times", service.recovers(), None, began)


def clock_ahead(people: int) -> Row:
    """Three days: nobody is planned for a day that has not come, and nobody's mail is skipped."""
    began = time.monotonic()
    with trial_service(people=people) as service:
        service.recovers(service.everybody_has_mail)
        servers.wait_until(lambda: bool(service.sql("SELECT 1 FROM digest_clockreference")))
        (service.folder / times.AHEAD).write_text(str(3 * 86_400))
        time.sleep(5)
        seen = service.seen("ahead")
        ((planned,),) = service.sql("SELECT COUNT(*) FROM digest_digest")
        (service.folder / times.AHEAD).unlink()
        service.next_day()
        recovered = service.recovers(lambda: service.states()["sent"] == 2 * people)
        return service.row("clock three days ahead", recovered and planned == people, seen, began)


def failures(*, quick: bool) -> dict[str, Callable[[], Row]]:
    """All of them, by the name that the command line knows; `quick`: fewer people, less waiting."""
    few, many = (30, 60) if quick else (60, 300)
    return {
        "postgres": partial(postgres_killed, many, 8.0 if quick else 600.0),
        "redis": partial(redis_killed, few),
        "redis-gone": partial(redis_gone, few, 8.0 if quick else 3_600.0),
        "relay-down": partial(relay_down, few),
        "relay-4xx": partial(relay_refuses, few, "451 4.3.0 later"),
        "relay-5xx": partial(relay_refuses, few, "554 5.7.1 not from you"),
        "outbox-full": partial(outbox_full, few),
        "raw-full": partial(raw_bytes_full, few),
        "journal-full": partial(journal_full, few),
        "sqlite-full": partial(sqlite_full, few),
        "kill": partial(workers_killed, many),
        "clock": partial(clock_ahead, few),
        "poison": partial(poison_files, few),
        "restored": partial(database_restored, few),
        "withdrawn": partial(papers_withdrawn, few, 200 if quick else 20_000),
        "bounces": partial(many_bounces, few, 1_000 if quick else 100_000),
    }

"""Days on which an operator acts: a lost database, papers uploaded by mistake, many bounces."""

import json
import time

from tests.support import servers

from .trial_service import Row, trial_service


def database_restored(people: int) -> Row:
    """The database is lost, with what was sent since the backup: nothing is sent until an operator
    resumes, and nobody gets a second mail for a date."""
    began = time.monotonic()
    with trial_service(people=people) as service:
        backup = service.folder.parent / "backup"
        service.site.run("backup", str(backup))
        service.recovers(service.everybody_has_mail)
        with service.stopped():
            service.site.run("restore", str(backup), "--replace")
        before = len(service.accepted())
        service.next_day()
        held = not servers.wait_until(lambda: len(service.accepted()) > before, 10)
        seen = service.seen("restored")
        service.site.run("resume", "--where-it-stood")
        service.next_day()
        went_on = servers.wait_until(lambda: len(service.accepted()) == before + people, 60)
        return service.row("database restored", held and went_on, seen, began)


def papers_withdrawn(people: int, papers: int) -> Row:
    """Papers uploaded by mistake, and withdrawn before the next digests: none is sent."""
    began = time.monotonic()
    with trial_service(people=people) as service:
        service.recovers(service.everybody_has_mail)
        mistake = service.folder.parent / "mistake.json"
        listed = [
            {"title": f"Mistaken alfalfa {number}", "abstract": "On alfalfa."}
            for number in range(papers)
        ]
        mistake.write_text(json.dumps(listed))
        service.site.run("ingest", "--new", str(mistake))
        ((dump,),) = service.sql("SELECT MAX(id) FROM digest_dump")
        service.site.run("withdraw", str(dump), "--yes")
        seen = service.seen("withdrawn") or None
        service.next_day()
        recovered = service.recovers(lambda: service.states()["sent"] == 2 * people)
        sent = any(b"Mistaken" in body for _, body in service.accepted())
        ((left,),) = service.sql("SELECT COUNT(*) FROM digest_paper WHERE title LIKE 'Mistaken%'")
        return service.row(
            f"{papers:,} papers withdrawn", recovered and not sent and not left, seen, began
        )


def many_bounces(people: int, bounces: int) -> Row:
    """Bounces at once, most of them about e-mails that nobody sent: the others still get theirs."""
    began = time.monotonic()
    with trial_service(people=people) as service:
        service.recovers(service.everybody_has_mail)
        box = service.folder.parent / "bounces.mbox"
        with box.open("w") as file:
            file.writelines(_BOUNCE.format(number=number) for number in range(bounces))
        service.site.run("mail_event", "--batch", str(box))
        service.next_day()
        recovered = service.recovers(lambda: service.states()["sent"] == 2 * people)
        return service.row(f"{bounces:,} bounces", recovered, None, began)


_BOUNCE = """\
From MAILER-DAEMON Mon Nov 30 03:00:00 2026
From: MAILER-DAEMON@mail.example.org
To: digest@localhost
Subject: Undelivered Mail
Message-ID: <{number}@mail.example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; p{number}@example.org
Action: failed
Status: 5.1.1

--b--

"""

"""A log proves what the server took, and nothing else that stands in it does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.inbound.postfix_log import accepted_message_ids

OURS = "0123456789abcdef0123456789abcdef@digest.example.org"
CLASSIC = "Nov 20 07:00:01 mx "
STAMPS = [
    CLASSIC,
    "Nov  2 07:00:01 mx.example.org ",
    "2026-11-20T07:00:01.123456+01:00 mx ",
    "2026-11-20T07:00:01Z mx ",
    "2026-11-20T07:00:01+0000 mx ",
    "Nov 20 07:00:01.123456 mx ",
    "déc. 02 07:00:01 mx ",
    "Fri 2026-11-20 07:00:01 UTC mx ",
]
SHORT, LONG = "3F2A51C0E4", "4g9Xz71bQCzBrXy"
TRIED = "relay=mx.there.example[192.0.2.1]:25, delay=0.4, delays=0.1/0/0.2/0.1, dsn=2.0.0, "
# Of a mail that was taken: what was read of it, and what was tried.
CLIENT = "postfix/smtpd[11]: {}: client=app[192.0.2.7], sasl_method=PLAIN, sasl_username=d"
HEADERS = f"postfix/cleanup[12]: {{}}: message-id=<{OURS}>"
QUEUED = "postfix/qmgr[13]: {}: from=<bounces+d1@d.example>, size=9, nrcpt=1 (queue active)"
SENT = f"postfix/smtp[14]: {{}}: to=<a@there.example>, {TRIED}status=sent (250 2.0.0 OK)"
REMOVED = "postfix/qmgr[13]: {}: removed"


def log(*lines: str, stamp: str = CLASSIC, queue: str = SHORT) -> list[bytes]:
    return [f"{stamp}{line.replace('{}', queue)}\n".encode() for line in lines]


def of_another(queue: str = "7D0E51C0E5") -> list[bytes]:
    headers = HEADERS.replace(OURS, "x@elsewhere.example")
    return log(CLIENT, headers, QUEUED, SENT, REMOVED, queue=queue)


def proven(lines: list[bytes]) -> bool:
    found = accepted_message_ids(lines, {OURS, "another@digest.example.org"})
    assert found <= {OURS}
    return bool(found)


@pytest.mark.parametrize("queue", [SHORT, LONG])
@pytest.mark.parametrize("stamp", STAMPS)
def test_what_was_delivered_was_taken(stamp: str, queue: str) -> None:
    assert proven(log(CLIENT, HEADERS, QUEUED, SENT, REMOVED, stamp=stamp, queue=queue))


@pytest.mark.parametrize(
    "program", ["smtp", "lmtp", "local", "virtual", "pipe", "error", "relay/smtp"]
)
@pytest.mark.parametrize("status", ["sent", "bounced", "deferred"])
def test_so_was_what_was_tried(program: str, status: str) -> None:
    tried = SENT.replace("/smtp", f"/{program}").replace("=sent", f"={status}")
    assert proven(log(HEADERS, tried))


def test_another_name_of_the_program_and_of_the_recipient() -> None:
    assert proven(log(HEADERS.replace("postfix", "postfix-out/submission"), SENT))
    assert proven(log(HEADERS, SENT.replace(", relay", ", orig_to=<b@here.example>, relay")))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [CLIENT, HEADERS],  # the headers are read before the final dot
        [CLIENT, HEADERS, "postfix/smtpd[11]: lost connection after DATA from app[192.0.2.7]"],
        [CLIENT, HEADERS, "postfix/cleanup[12]: {}: milter-reject: END-OF-MESSAGE from app: 5.7.1"],
        [SENT],
        [SENT, HEADERS],
        [HEADERS, SENT.replace("status=sent", "status=deliverable")],
        [HEADERS.replace("message-id", "resent-message-id"), SENT],
        [HEADERS.replace(OURS, f"1{OURS}"), SENT],
        [HEADERS.replace("/cleanup", "/smtp"), SENT],
        [HEADERS, SENT.replace("postfix/smtp[14]", "app")],
        [HEADERS, f"app: said that {CLASSIC}{SENT}"],
        [HEADERS, f"app[9]: said that {CLASSIC}{SENT}"],
        [HEADERS, "postfix/smtp[14]: 1{}: to=<a@b.example>, said (" + CLASSIC + SENT],
    ],
)  # fmt: skip
def test_what_proves_nothing(lines: list[str]) -> None:
    assert not proven(log(*lines))


def test_queue_ids_come_round_again() -> None:
    assert not proven([*log(HEADERS), *of_another(SHORT)])
    assert not proven([*log(HEADERS), *log(HEADERS.replace(OURS, ""), SENT)])
    assert proven([*of_another(SHORT), *log(HEADERS, SENT)])
    assert not proven([*log(HEADERS), *log(SENT, stamp=CLASSIC.replace("mx", "mx2"))])


def test_lines_between() -> None:
    between = [
        b"\n",
        b"\xff\xfe\x00\x1b[0m",
        *log("postfix/smtp[14]: warning: {}: to=<x>, status=odd"),
        *log("kernel: [ 1.2] postfix/smtp[1]: {}: to=<x>"),
        *log("opendkim[7]: {}: DKIM-Signature field added (s=s1, d=digest.example.org)"),
        *of_another(),
        b"Nov 20 07:00:01 mx postfix/smtp[14]: \xff\xfe: to=<\xe9>, status=sent (\x80)\n",
    ]
    lines = log(CLIENT, HEADERS, QUEUED, SENT)
    assert proven([line for each in lines for line in (*between, each)])
    assert proven([line.replace(b"\n", b"\r\n") for line in lines])


def test_a_mail_through_a_filter_comes_back_under_another_name() -> None:
    assert proven([*log(HEADERS, SENT), *log(HEADERS, QUEUED, queue=LONG)])


PIECES = st.sampled_from(
    [CLASSIC, CLIENT, HEADERS, QUEUED, SENT, SHORT, OURS, ": ", "[1]", "status=sent", "to=<", "/"]
).map(str.encode)
LINES = st.lists(
    st.lists(PIECES | st.binary(max_size=20), max_size=12).map(b"".join) | st.binary(max_size=200)
)


@given(LINES)
def test_no_bytes_break_it(lines: list[bytes]) -> None:
    assert accepted_message_ids(lines, {OURS}) <= {OURS}


@given(st.lists(st.integers(0, 4), max_size=30))
def test_mails_under_way_at_once(turns: list[int]) -> None:
    """Each number is a mail that comes one line further; those tried are taken."""
    ids = [f"{number}@digest.example.org" for number in range(5)]
    logs = [
        iter(log(CLIENT, HEADERS.replace(OURS, each), QUEUED, SENT, REMOVED, queue=f"AB{at:04}"))
        for at, each in enumerate(ids)
    ]
    mixed = [next(logs[turn], b"") for turn in turns]
    expected = {each for at, each in enumerate(ids) if at != 2 and turns.count(at) > 3}
    assert accepted_message_ids(mixed, set(ids) - {ids[2]}) == expected

"""The journal of replies as a file: private, without addresses, and readable whatever befell it."""

import errno
import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.transport import Outcome, Result
from digest.sending import reply_journal
from digest.sending.reply_journal import (
    KEPT,
    Journal,
    Reply,
    journals,
    lock_journal,
    read,
    reply_of,
    scrubbed,
)

NOW = 1_795_000_000.0
TAKEN = Outcome(Result.ACCEPTED, "dot", 250, "2.0.0 taken as 4F2A")


def reply(row: int = 1, outcome: Outcome = TAKEN, at: float = NOW) -> Reply:
    return Reply("digest", row, 1, at, outcome)


def the_file(folder: Path) -> Path:
    (path,) = journals(folder, NOW)
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "replies") as journal:
        yield journal


def test_what_was_written_is_read(journal: Journal, tmp_path: Path) -> None:
    refused = Outcome(Result.REFUSED, "dot", 554, "5.6.0 “no” — \N{SNOWMAN}\r\n\x00")
    journal.write([reply(1), reply(2, refused)])
    journal.write([reply(3)])
    found = read(the_file(tmp_path / "replies"), NOW)
    assert found.replies == {journal.epoch: [reply(1), reply(2, refused), reply(3)]}
    assert found.unreadable == 0


def test_no_reply_makes_no_file(journal: Journal, tmp_path: Path) -> None:
    journal.write([])
    journal.mark_committed()
    assert not (tmp_path / "replies").exists()
    assert journals(tmp_path / "replies", NOW) == []


def test_only_the_owner_can_read_it(journal: Journal, tmp_path: Path) -> None:
    journal.write([reply()])
    path = the_file(tmp_path / "replies")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_one_fsync_a_group_and_none_left_behind(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", lambda file: synced.append(os.fstat(file).st_size))
    sizes = []
    for _ in range(3):
        journal.write([reply(number) for number in range(50)])
        sizes.append(the_file(tmp_path / "replies").stat().st_size)
    journal.close()
    assert synced == sizes


def test_a_group_waits_for_the_fsync_before_it(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first is let go only from within the wait for it, so to pass it by would hang."""
    go_on = threading.Event()
    monkeypatch.setattr(os, "fdatasync", lambda _: go_on.wait(60))
    journal.write([reply(1)])  # returns: the fsync runs beside what comes next
    waits = journal._synced
    monkeypatch.setattr(journal, "_synced", lambda: (go_on.set(), waits()))
    journal.write([reply(2)])
    assert go_on.is_set()


def test_a_settled_journal_goes_and_an_open_one_stays(tmp_path: Path) -> None:
    with Journal(tmp_path) as settled:
        settled.write([reply()])
        settled.mark_committed()
    assert journals(tmp_path, NOW) == []
    with Journal(tmp_path) as unsettled:
        unsettled.write([reply()])
        unsettled.mark_committed()
        unsettled.write([reply(2)])
    assert [each.row for each in read(the_file(tmp_path), NOW).replies[unsettled.epoch]] == [1, 2]


def test_it_does_not_grow(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reply_journal, "LONGEST", 2_000)
    for number in range(200):
        journal.write([reply(number)])
        journal.mark_committed()
    assert the_file(tmp_path / "replies").stat().st_size < 2_500
    journal.write([reply(999)])
    assert read(the_file(tmp_path / "replies"), NOW).replies[journal.epoch][-1] == reply(999)


def test_a_torn_last_line_takes_none_with_it(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write([reply(1), reply(2)])
    path = the_file(tmp_path)
    whole = path.read_bytes()
    last = len(whole.splitlines()[-1])
    for cut in range(2, last + 1):
        path.write_bytes(whole[:-cut])
        found = read(path, NOW)
        assert [each.row for each in found.replies[journal.epoch]] == [1]
        assert found.unreadable == 1


FOUR = [reply(number) for number in range(4)]


@pytest.fixture(scope="module")
def of_four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal that holds FOUR."""
    folder = tmp_path_factory.mktemp("replies")
    with Journal(folder) as journal:
        journal.write(FOUR)
    return the_file(folder)


@given(damage=st.binary(max_size=200), at=st.integers(0, 400))
def test_bad_bytes_are_counted_and_never_believed(of_four: Path, damage: bytes, at: int) -> None:
    whole = of_four.read_bytes()
    damaged = whole[:at] + damage + whole[at + len(damage) :]
    other = of_four.with_name("damaged")
    other.write_bytes(damaged)
    found = read(other, NOW)
    left = [each for replies in found.replies.values() for each in replies]
    assert all(each in FOUR for each in left)
    assert found.unreadable or len(left) == 4 or not damage.strip(b"\n")


@pytest.mark.parametrize(
    "line", [b"{}", b"zzzz []", b"00000000 [1,2]", b"\xff\xfe", b"a" * 100_000, b"- -", b"1 2 3"]
)
def test_a_line_that_is_none(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "x.replies"
    path.write_bytes(line + b"\n")
    assert read(path, NOW) == ({}, 1)


def test_a_week_later_a_line_counts_for_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write([reply(1, at=NOW - KEPT - 1), reply(2, at=NOW - KEPT + 1)])
    assert [each.row for each in read(the_file(tmp_path), NOW).replies[journal.epoch]] == [2]


def test_nobody_else_has_a_living_journal(journal: Journal, tmp_path: Path) -> None:
    journal.write([reply()])
    path = the_file(tmp_path / "replies")
    with lock_journal(path) as is_locked:
        assert not is_locked
    asked = (
        "import sys; from pathlib import Path\n"
        "from digest.sending.reply_journal import lock_journal\n"
        "with lock_journal(Path(sys.argv[1])) as is_locked: print(is_locked)"
    )
    done = subprocess.run([sys.executable, "-c", asked, path], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
    journal.close()
    with lock_journal(path) as is_locked:
        assert is_locked
        with lock_journal(path) as locked_again:  # two replays at once
            assert not locked_again


def test_one_that_another_replay_has_just_removed(journal: Journal, tmp_path: Path) -> None:
    journal.write([reply()])
    path = the_file(tmp_path / "replies")
    journal.close()
    file = os.open(path, os.O_RDONLY)
    path.unlink()
    with lock_journal(path) as is_locked:
        assert not is_locked
    os.close(file)


def no_space(*_: object) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["write", "fdatasync", "open"])
def test_a_full_disk_is_told_once_and_stops_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    call: str,
) -> None:
    with Journal(tmp_path / "replies") as journal:
        with monkeypatch.context() as full:
            full.setattr(os, call, no_space)
            journal.write([reply(1)])
            journal.write([reply(2)])
            journal.write([reply(3)])
        assert "(No space left on device)" in journal.wrong
        assert len(caplog.records) == 1
        journal.write([reply(4)])
        journal.write([reply(5)])
    rows = [each.row for each in read(the_file(tmp_path / "replies"), NOW).replies[journal.epoch]]
    assert rows[-1] == 5


def test_a_file_that_may_grow_no_more(tmp_path: Path) -> None:
    """The kernel's own refusal (EFBIG), in the middle of a line."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(tmp_path) as journal:
        journal.write([reply(1)])
        size = the_file(tmp_path).stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, hard))
        try:
            journal.write([reply(2)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "(File too large)" in journal.wrong
        journal.write([reply(3)])
    found = read(the_file(tmp_path), NOW)
    assert [each.row for each in found.replies[journal.epoch]] == [1, 3]
    assert found.unreadable == 0


def test_what_a_crash_left_half_made_goes_after_a_week(tmp_path: Path) -> None:
    half = tmp_path / "1.new"
    half.touch()
    os.utime(half, (NOW, NOW))
    assert journals(tmp_path, NOW + KEPT) == []
    assert half.exists()
    journals(tmp_path, NOW + KEPT + 1)
    assert not half.exists()


@pytest.mark.parametrize(
    ("text", "address", "kept"),
    [
        (
            "5.1.1 <Ada@Example.ORG>: no such user",
            "ada@example.org",
            "5.1.1 <(address)>: no such user",
        ),
        ("user ada unknown", "ada+papers@example.org", "user (address) unknown"),
        ("mailto:x=ada@example.org?", "ada@example.org", "mailto:x=(address)?"),
        ("2.0.0 Ok: queued as 4F2A9", "q@example.org", "2.0.0 Ok: queued as 4F2A9"),
        ("5.1.1 bounces+7f3a@digest.example", "z@example.org", "5.1.1 (address)"),
        ('no "Ada L" here', '"Ada L"@example.org', "no (address) here"),
        ("用户@例子.公司 不存在", "ada@example.org", "(address) 不存在"),
    ],
)
def test_no_address_is_kept(text: str, address: str, kept: str) -> None:
    assert scrubbed(text, address) == kept


@given(
    before=st.text(max_size=40),
    local=st.from_regex(r"[a-z0-9.]{1,12}", fullmatch=True),
    after=st.text(max_size=40),
)
def test_the_address_itself_is_never_kept(before: str, local: str, after: str) -> None:
    address = f"{local}@example.org"
    assert address not in scrubbed(f"{before}{address}{after}", address).lower()


def test_a_long_hostile_reply_is_cut() -> None:
    assert len(scrubbed("@" * 10_000 + "a " * 10_000, "a@example.org")) <= 300


def test_a_reply_of_now() -> None:
    outcome = Outcome(Result.ACCEPTED, "dot", 250, "ok ada@example.org")
    made = reply_of("letter", 7, 3, outcome, "ada@example.org")
    assert (made.kind, made.row, made.fence) == ("letter", 7, 3)
    assert made.outcome.text == "ok (address)"
    assert made.at > NOW - 10 * 365 * 86_400

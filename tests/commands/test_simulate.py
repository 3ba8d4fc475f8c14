"""`manage.py simulate`: a small simulation on each database, and what it refuses."""

import signal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.support.servers import wait_until
from tests.support.site import Site


def cells(line: str) -> list[str]:
    return line.replace(",", "").split()


def days(printed: str) -> list[list[str]]:
    """The cells of each day's line: papers, due, sent, empty and so on."""
    table = printed.partition("\n\n")[0].splitlines()[2:]
    return [cells(line)[2:] for line in table]


@pytest.mark.slow
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_two_days(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    site, plot = Site(tmp_path / "site"), tmp_path / "plot.svg"
    more = []
    if database == "postgresql":
        cluster = request.getfixturevalue("postgres")
        more = ["--database", f"{cluster.rpartition('/')[0]}/simulated_days"]
    process = site.start(
        "simulate", "--subscribers", "6", "--papers", "200", "--days", "2", "--plot", str(plot),
        *more,
    )  # fmt: skip
    printed, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    first, second = days(printed)
    assert [line[:2] for line in (first, second)] == [["200", "6"]] * 2
    for line in (first, second):
        assert int(line[2]) + int(line[3]) == 6
        assert int(line[2]) > 0
    assert (
        int(second[12]) > int(first[12]) > 2 * 200 + 12 + 36
    )  # papers, listings, people, keywords
    assert (first[14] == "-") == (database == "sqlite")  # WAL
    assert "Processor time a digest" in printed
    assert plot.read_text().startswith("<svg")
    # The site's own database was not even created.
    assert not (tmp_path / "site" / "db.sqlite3").exists()


@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_what_it_made_goes_when_it_is_stopped(signum: signal.Signals, tmp_path: Path) -> None:
    path, temporary = tmp_path / "simulated.sqlite3", tmp_path / "tmp"
    temporary.mkdir()
    process = Site(tmp_path / "site").start(
        "simulate", "--database", f"sqlite:///{path}", TMPDIR=str(temporary)
    )
    assert wait_until(lambda: path.exists() and path.stat().st_size > 0)
    process.send_signal(signum)
    process.communicate(timeout=60)
    assert process.returncode
    assert list(temporary.iterdir()) == []
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--subscribers", "0"], "“0” is not a number between 1 and 100,000,000"),
        (["--subscribers", "many"], "“many” is not a number"),
        (["--days", "400"], "between 1 and 366"),
        (["--database", "nonsense"], "no address of a database"),
        (["--plot", "/no/such/folder/plot.svg"], "There is no folder"),
    ],
)
def test_what_it_refuses(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate", *arguments)

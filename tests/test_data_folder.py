"""The data folder holds other people's addresses and links."""

from pathlib import Path

from digest.environment import writable_folder


def test_nobody_else_reads_a_folder_that_the_program_made(tmp_path: Path) -> None:
    folder = writable_folder(str(tmp_path / "new" / "var"))
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var").chmod(0o755)
    assert writable_folder(str(tmp_path / "var")).stat().st_mode & 0o777 == 0o755

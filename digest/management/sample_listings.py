"""The project's own invented listings, dated so that they are today's."""

import re
from datetime import date, timedelta
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent.parent / "sample"
_DAY = re.compile(r"\{(page|0|-\d+)\}")
NAMES = ("first-listing.txt", "second-listing.txt")


def write_samples(folder: Path, today: date) -> list[Path]:
    """Write the listings, dated today, into the folder; existing files stay as they are.

    Raises OSError if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in NAMES]
    for path in paths:
        if not path.exists():
            draft = path.with_name(f".{path.name}")
            draft.write_text(dated((_FOLDER / path.name).read_text("utf-8"), today), "utf-8")
            draft.replace(path)
    return paths


def dated(template: str, today: date) -> str:
    """Return the listing with its days as the site writes them: {page} is today, {-3} was 3 days
    ago.
    """

    def written(match: re.Match[str]) -> str:
        back = 0 if match[1] == "page" else int(match[1])
        day = today + timedelta(days=back)
        # The header's year, which the site leaves out, keeps the listing right when it is old.
        with_year = match[1] == "page" or day.year != today.year
        return f"{day:%b} {day.day}" + (f", {day.year}" if with_year else "")

    return _DAY.sub(written, template)

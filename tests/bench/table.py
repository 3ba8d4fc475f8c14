"""Tables for people, printed and kept."""

from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "var" / "bench"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown under its title."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |" for r in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return f"## {title}\n\n" + "\n".join(lines) + "\n"


def publish(name: str, text: str) -> None:
    """Prints a table and writes it to var/bench/<name>.md."""
    print(text, flush=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")


def verdict(value: float, limit: float, *, at_least: bool) -> str:
    """`ok` or `MISSED`, with the limit."""
    good = value >= limit if at_least else value <= limit
    return f"{'ok' if good else 'MISSED'} (must be {'≥' if at_least else '≤'} {limit:g})"

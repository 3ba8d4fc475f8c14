"""The results of simulations as a text table."""

from collections.abc import Iterable, Mapping
from typing import Any

Results = Mapping[str, Mapping[str, Any]]


def table(results: Results, seed: int) -> str:
    """One column a database; below it how each died, what went wrong on the way, and what must
    not have happened."""
    lines = [_line("", results), "", *_rows(results)]
    for title, name in (("killed at", "kills"), ("faults", "faults"), ("states", "states")):
        lines += ["", f"{title}:", *_details(results, name)]
    wrong = [f"{name}: {each}" for name, result in results.items() for each in result["wrong"]]
    lines += ["", *(wrong or ["Every promise was kept."]), f"(--seed {seed})"]
    return "\n".join(lines)


def _line(title: str, values: Iterable[object]) -> str:
    return f"{title:28}" + "".join(f"{value!s:>14}" for value in values)


def _rows(results: Results) -> Iterable[str]:
    columns = results.values()
    yield _line("kills", (sum(each["kills"].values()) for each in columns))
    yield _line("stopped past the lease", (each["stops"] for each in columns))
    yield _line("crashes of the database", (each["crashes"] for each in columns))
    yield _line("faults of the server", (sum(each["faults"].values()) for each in columns))
    yield _line("days", (each["days"] for each in columns))
    yield _line("accepted", (each["accepted"] for each in columns))
    yield _line("duplicates", (each["duplicates"] for each in columns))
    yield _line("lost", (each["lost"] for each in columns))
    unknown = [each["unknown"] for each in columns]
    yield _line("UNKNOWN, delivered", (each["delivered"] for each in unknown))
    yield _line("UNKNOWN, not delivered", (each["not"] for each in unknown))
    yield _line("seconds", (each["seconds"] for each in columns))


def _details(results: Results, name: str) -> Iterable[str]:
    keys = dict.fromkeys(key for result in results.values() for key in result[name])
    for key in sorted(keys):
        yield _line(f"  {key}", (result[name].get(key, 0) for result in results.values()))

"""What a translation could not keep, as clauses for the pages that show the keyword."""

_LONGEST, _MOST = 40, 3  # characters of a part that is named; parts that are named


class Notes:
    """Collects what is said about the parts of a query; parts with one reason share a clause."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[str, None]] = {}

    def left_out(self, part: str, why: str) -> None:
        """Say that a part is left out, and why: `journals can’t be searched`."""
        self.say(f"left out: {{}} ({why})", part)

    def say(self, clause: str, part: str) -> None:
        """Add a clause, in which `{}` stands for the parts it is said of."""
        self._parts.setdefault(clause, {})[_shown(part)] = None

    def add(self, others: "Notes") -> None:
        """Add all clauses of others."""
        for clause, parts in others._parts.items():
            self._parts.setdefault(clause, {}).update(parts)

    def clauses(self) -> tuple[str, ...]:
        """The clauses, in the order in which they came up."""
        return tuple(clause.replace("{}", _listed([*of])) for clause, of in self._parts.items())


def _shown(part: str) -> str:
    flat = " ".join(part.split())
    return f"“{flat}”" if len(flat) <= _LONGEST else f"“{flat[:_LONGEST].rstrip()}…”"


def _listed(parts: list[str]) -> str:
    shown = ", ".join(parts[:_MOST])
    more = len(parts) - _MOST
    return f"{shown} and {more} more" if more > 0 else shown

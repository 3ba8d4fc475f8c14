"""From the tokens of a query to its parts: operators, brackets, fields and tags."""

from .dialect import Dialect, Kind, Rule, Untranslatable
from .lexer import Item, items
from .nodes import Joined, NearBy, Node, Quoted, Run, joined, negated, plain_words, scoped
from .notes import Notes
from .terms import heading, mended, near
from .years import from_years

_MAX_DEPTH = 20
_BEGINS = ("(", "FIELD", "WORD", "PART")


def read_query(text: str, dialect: Dialect, notes: Notes) -> Node | None:
    """The parts of a query that can be kept; None if there are none.

    Raises Untranslatable if the query is not written as its service wants it.
    """
    parser = _Parser(text, dialect, notes)
    node = parser.expression()
    if not parser.at_end:
        raise Untranslatable("a bracket was never opened")
    return mended(node, dialect, notes)


class _Parser:
    def __init__(self, text: str, dialect: Dialect, notes: Notes) -> None:
        self._text, self._dialect, self._notes = text, dialect, notes
        self._items = items(text, dialect, notes)
        self._at = self._depth = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._items)

    def expression(self, level: int = 0) -> Node | None:
        """An expression of the operators of this level and tighter ones, read from the left."""
        if level == len(self._dialect.precedence):
            return self._part()
        left = self.expression(level + 1)
        kinds, last = 0, ""
        while operator := self._operator(self._dialect.precedence[level]):
            kinds, last = kinds + (operator.kind != last), operator.kind
            if kinds > _MAX_DEPTH:
                raise Untranslatable(f"its operators alternate more than {_MAX_DEPTH} times")
            left = self._combined(operator, left, self.expression(level + 1))
        return left

    def _operator(self, among: frozenset[str]) -> Item | None:
        """The next token if it is one of these operators; AND is also what stands for it."""
        if self.at_end:
            return None
        item = self._items[self._at]
        if item.kind in among:
            self._at += 1
            return item
        if "AND" in among and item.kind in _BEGINS:
            return Item("", item.start, item.start)
        return None

    def _combined(self, operator: Item, left: Node | None, right: Node | None) -> Node | None:
        match operator.kind:
            case "NOT":
                return joined("AND", [left, negated(right)])
            case "NEAR" | "BEFORE" as kind:
                is_ordered = kind == "BEFORE"
                return near(left, right, operator.distance, self._notes, is_ordered=is_ordered)
            case "OR":
                return joined("OR", [left, right])
            case "" if self._dialect.one_by_one:
                return _beside(left, right, is_phrase=self._dialect.is_phrase)
            case _:
                return joined("AND", [left, right])

    def _part(self) -> Node | None:
        if self.at_end:
            raise Untranslatable("a word is missing at its end")
        item = self._items[self._at]
        self._at += 1
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Untranslatable(f"its brackets are nested more than {_MAX_DEPTH} deep")
        node = self._begun(item)
        self._depth -= 1
        while not self.at_end and self._items[self._at].kind == "TAG":
            tag = self._items[self._at]
            self._at += 1
            node = self._tagged(node, tag, item)
        return node

    def _begun(self, item: Item) -> Node | None:
        match item.kind:
            case "PART" | "WORD":
                return item.node
            case "NOT":
                return negated(self._part())
            case "FIELD":
                return self._in_field(item)
            case "(":
                node = self.expression()
                if self.at_end or self._items[self._at].kind != ")":
                    raise Untranslatable("a bracket is never closed")
                self._at += 1
                return node
            case _:
                word = self._text[item.start : item.end]
                raise Untranslatable(f"a word is missing before “{word}”")

    def _in_field(self, item: Item) -> Node | None:
        assert item.rule
        kept, self._notes = self._notes, Notes() if _is_opaque(item.rule) else self._notes
        try:
            node = self._part()
        finally:
            self._notes = kept
        return self._ruled(item.rule, node, item.start, item.end)

    def _tagged(self, node: Node | None, tag: Item, first: Item) -> Node | None:
        assert tag.rule
        if tag.distance and isinstance(node, (Quoted, Run)):
            node = NearBy(plain_words(node.text), tag.distance)
        return self._ruled(tag.rule, node, first.start, first.start)

    def _ruled(self, rule: Rule, node: Node | None, start: int, value_at: int) -> Node | None:
        """A part that was typed from `start` on, its value from `value_at` on, under a rule."""
        end = self._items[self._at - 1].end
        part, value = self._text[start:end], self._text[value_at:end]
        match rule.kind:
            case Kind.LEFT_OUT:
                self._notes.left_out(part, rule.why)
                return None
            case Kind.YEARS:
                return from_years(value, part, self._notes)
        if rule.note and node is not None:
            self._notes.say(rule.note, part)
        return scoped(heading(node) if rule.kind is Kind.TOPIC else node, rule.field)


def _is_opaque(rule: Rule) -> bool:
    """Whether what is inside a part is not looked at."""
    return rule.kind in (Kind.LEFT_OUT, Kind.YEARS)


def _beside(left: Node | None, right: Node | None, *, is_phrase: bool) -> Node | None:
    """AND of both, in which plain words next to each other are one run."""
    merged: list[Node] = []
    for part in (*_conjuncts(left), *_conjuncts(right)):
        last = merged[-1] if merged else None
        if (
            isinstance(part, Run)
            and isinstance(last, Run)
            and (part.is_phrase == last.is_phrase == is_phrase)
        ):
            merged[-1] = Run(f"{last.text} {part.text}", is_phrase)
        else:
            merged.append(part)
    return joined("AND", merged)


def _conjuncts(node: Node | None) -> tuple[Node, ...]:
    if isinstance(node, Joined) and node.operator == "AND":
        return node.parts
    return () if node is None else (node,)

"""The grammar of keywords: one regular expression finds the tokens, lark parses them."""

import re
from collections.abc import Iterator
from itertools import pairwise

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError
from lark.lexer import Lexer

from .atom_builders import (
    GrammarError,
    ScopedAtom,
    Typed,
    cased,
    exact,
    near,
    phrase,
    scoped,
    since,
    without_text,
)
from .syntax_tree import And, Not, Or, Tree

MAX_DEPTH = 20

_GRAMMAR = r"""
start: either
?either: both (OR both)*
?both: one
    | both one -> both_of
    | both AND one -> both_and
    | both ANDNOT one -> both_not
?one: NOT one -> negated
    | atom
?atom: TEXT -> text
    | QUOTED -> quoted
    | NEAR -> near_by
    | SINCE -> from_day
    | CASE TEXT -> cased_text
    | CASE QUOTED -> cased_quoted
    | FIELD atom -> in_field
    | FIELD NOT atom -> not_in_field
    | atom TAG -> tagged
    | LPAR either RPAR -> inside
%declare TEXT QUOTED NEAR SINCE CASE FIELD TAG LPAR RPAR AND OR NOT ANDNOT
"""
FIELDS = {
    "title": "title", "ti": "title", "intitle": "title", "abstract": "abstract", "abs": "abstract",
    "author": "author", "au": "author", "org": "org", "category": "category", "cat": "category",
}  # fmt: skip
_TAGS = {"ti": "title", "au": "author", "tiab": "", "ab": "abstract"}
_OPERATOR = r"(?:(?:AND|OR|NOT|ANDNOT)(?![^\s()\"])|[|+-]\s|-[^\W\d]|[A-Za-z]{2,12}:\S)"
_INSIDE = rf"(?:[^\s()\"]|\s(?!\s*{_OPERATOR}))*+"
# Brackets that belong to the word they are glued to, as in SO(3), p(x|y) and (de)noising.
_BEHIND_WORD = rf"(?<=[\w*+\#'\]])\((?!\s*{_OPERATOR}){_INSIDE}(?:\({_INSIDE}\){_INSIDE})*+\)"
_BEFORE_WORD = r"\((?:[^\W_]|-(?=\)))+\)(?!(?:AND|OR|NOT|ANDNOT)(?![^\s()\"]))(?=[^\W_])"
_TOKEN = re.compile(
    rf"""
    (?P<SPACE>\s+)
  | (?P<NEAR>"[^"]*"~[0-9]{{1,3}}(?![^\s()]))
  | (?P<QUOTED>"[^"]*")
  | (?P<TAG>\[(?:ti|au|ab|tiab)\](?![^\s()]))
  | (?P<LPAR>\((?!{_BEFORE_WORD[2:]}))
  | (?P<RPAR>\))
  | (?P<ANDNOT>(?<![^\s()])ANDNOT(?![^\s()"]))
  | (?P<AND>(?<![^\s()"])(?:AND(?![^\s()"])|\+(?=[\s(])))
  | (?P<OR>(?<![^\s()"])(?:OR(?![^\s()"])|\|(?=[\s(])))
  | (?P<NOT>(?<![^\s()"])NOT(?![^\s()"])|(?<![^\s(:])-(?=[^\s)-]))
  | (?P<SINCE>(?<![^\s(-])since:\s?[0-9]{{4}}(?:-[0-9]{{1,2}}){{0,2}}(?![^\s()]))
  | (?P<CASE>(?<![^\s(:-])(?i:case):(?=[^\s)]))
  | (?P<FIELD>(?<![^\s(-])
      (?i:title|ti|intitle|abstract|abs|author|au|org|category|cat):(?=\s?[^\s)]))
  | (?P<WORD>(?:[^\s()"\[]|\[(?!(?:ti|au|ab|tiab)\])|{_BEFORE_WORD}|{_BEHIND_WORD})+)
    """,
    re.VERBOSE,
)


def lex(text: str) -> Iterator[Token]:
    """The tokens of a keyword. Adjacent words are one TEXT; `-word` takes one word only.

    Raises GrammarError if a quote is never closed or brackets are nested too deeply.
    """
    words: list[re.Match[str]] = []
    depth = 0
    single = False
    for match in _all_matches(text):
        kind = match.lastgroup or ""
        if kind == "WORD":
            words.append(match)
            if not single:
                continue
        elif kind == "SPACE":
            continue
        if words:
            yield Token("TEXT", text[words[0].start() : words[-1].end()], words[0].start())
            words = []
        single = kind == "NOT" and match[0] == "-"
        if kind != "WORD":
            depth += (kind == "LPAR") - (kind == "RPAR")
            if depth > MAX_DEPTH:
                raise GrammarError(f"its brackets are nested more than {MAX_DEPTH} deep")
            yield Token(kind, match[0], match.start())
    if words:
        yield Token("TEXT", text[words[0].start() : words[-1].end()], words[0].start())


def _all_matches(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # only a lone quote is no token
            raise GrammarError(f"the quote {_before(text[at + 1 :])} is never closed")
        yield match
        at = match.end()


class _Tokens(Lexer):
    """Adapter of `lex` to lark's interface of custom lexers."""

    def __init__(self, lexer_conf: object) -> None:
        pass

    def lex(self, data: str) -> Iterator[Token]:  # type: ignore[override]
        return lex(data)


@v_args(inline=True)
class _TreeBuilder(Transformer[Token, Tree]):
    """Builds the syntax tree from the rules that the parser recognises."""

    def start(self, tree: Tree | Typed) -> Tree:
        return without_text(tree)

    def either(self, *parts: Tree | Token) -> Tree:
        return Or(tuple(part for part in parts if not isinstance(part, Token)))

    def both_of(self, left: Tree, right: Tree) -> Tree:
        return And((left, right))

    def both_and(self, left: Tree, _: Token, right: Tree) -> Tree:
        return And((left, right))

    def both_not(self, left: Tree, _: Token, right: Tree) -> Tree:
        return And((left, Not(right)))

    def negated(self, _: Token, part: Tree) -> Tree:
        return Not(part)

    def inside(self, _: Token, part: Tree, __: Token) -> Tree:
        return part

    def text(self, token: Token) -> Typed:
        return Typed(phrase(str(token)), str(token))

    def quoted(self, token: Token) -> Typed:
        return Typed(exact(token[1:-1]), token[1:-1])

    def near_by(self, token: Token) -> Typed:
        words, _, distance = token.rpartition("~")
        return Typed(near(words[1:-1], int(distance)), words[1:-1])

    def cased_text(self, _: Token, token: Token) -> Typed:
        return Typed(cased(str(token)), str(token))

    def cased_quoted(self, _: Token, token: Token) -> Typed:
        return Typed(cased(token[1:-1]), token[1:-1])

    def from_day(self, token: Token) -> ScopedAtom:
        return since(token.partition(":")[2].strip())

    def in_field(self, field: Token, part: Tree) -> Tree:
        return scoped(part, FIELDS[field[:-1].lower()])

    def not_in_field(self, field: Token, _: Token, part: Tree) -> Tree:
        return Not(self.in_field(field, part))

    def tagged(self, part: Tree, tag: Token) -> Tree:
        return scoped(part, _TAGS[tag[1:-1]])


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer=_Tokens, transformer=_TreeBuilder())


def parse_grammar(text: str) -> Tree:
    """The syntax tree of a keyword with operators.

    Raises GrammarError with the reason if the text does not follow the grammar, and TooManyWords.
    """
    try:
        return _PARSER.parse(text)  # type: ignore[return-value]
    except LarkError as error:
        cause = error.__context__
        if isinstance(cause, GrammarError):
            raise cause from None
        raise GrammarError(_reason(list(lex(text)), text, error)) from None


def glued_brackets(text: str) -> list[str]:
    """The words with brackets of several terms glued to them, as in `models(GAN OR VAE)`, each with
    its bracket."""
    glued = []
    for left, right in pairwise(lex(text)):
        if _end(left) == right.start_pos:
            match left.type, right.type:
                case "TEXT", "LPAR":
                    glued.append(f"{left.split()[-1]}(")
                case "RPAR", "TEXT":
                    glued.append(f"){right.split()[0]}")
    return glued


def _end(token: Token) -> int:
    return (token.start_pos or 0) + len(token)


def _reason(found: list[Token], text: str, error: LarkError) -> str:
    failed = getattr(error, "token", None)
    at = len(text) if failed is None or failed.type == "$END" else failed.start_pos
    return _unbalanced(found, text) or _missing_operand(found, at)


def _unbalanced(found: list[Token], text: str) -> str:
    """The bracket without a counterpart, in words; empty if they are balanced."""
    opened: list[int] = []
    for token in found:
        at = token.start_pos or 0
        if token.type == "LPAR":
            opened.append(at)
        elif token.type == "RPAR" and not opened:
            return f"the bracket {_after(text[:at])} was never opened"
        elif token.type == "RPAR":
            opened.pop()
    return f"the bracket {_before(text[opened[-1] + 1 :])} is never closed" if opened else ""


def _missing_operand(found: list[Token], position: int) -> str:
    """The operator without an operand, in words: the one at `position`, where the parser failed,
    or the one before the end or bracket found there."""
    at = next((at for at, token in enumerate(found) if token.start_pos == position), len(found))
    if at and found[at - 1].type == "CASE":
        return f"“{found[at - 1]}” needs a word or a phrase in quotes next to it"
    if at == len(found) or found[at].type == "RPAR":
        at -= 1
    if found[at].type == "LPAR":
        return "its brackets are empty"
    return f"“{found[at]}” needs a word next to it"


def _before(rest: str) -> str:
    """A position, described by the words that follow it."""
    words = rest.split()
    return f"before “{' '.join(words[:3])}”" if words else "at its end"


def _after(start: str) -> str:
    words = start.split()
    return f"after “{' '.join(words[-3:])}”" if words else "at its start"

"""One normaliser for papers and keywords: what a text shows, and which words it holds."""

from .normalise import Shown, show
from .plurals import fold, folds
from .tokens import Edge, Placed, Reading, join, place, read, read_chain, spell

__all__ = [
    "Edge",
    "Placed",
    "Reading",
    "Shown",
    "fold",
    "folds",
    "join",
    "place",
    "read",
    "read_chain",
    "show",
    "spell",
]

"""One normaliser for papers and keywords: what a text shows, and which words it holds."""

from .fold import fold, folds
from .read import Edge, Placed, Reading, join, place, read, read_chain, spell
from .show import Shown, show

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

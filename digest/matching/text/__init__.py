"""Text analysis, the same for papers and keywords: normalising, tokenizing, folding plurals."""

from .normalise import NormalisedText, normalise
from .plurals import fold, possible_folds
from .tokens import (
    Alternative,
    Tokens,
    TokensWithOffsets,
    fold_joined,
    spell_greek,
    tokenize,
    tokenize_chain,
    tokenize_with_offsets,
)

__all__ = [
    "Alternative",
    "NormalisedText",
    "Tokens",
    "TokensWithOffsets",
    "fold",
    "fold_joined",
    "normalise",
    "possible_folds",
    "spell_greek",
    "tokenize",
    "tokenize_chain",
    "tokenize_with_offsets",
]

"""Text analysis, the same for papers and keywords: normalising, tokenizing, folding plurals."""

from .normalise import NormalisedText, normalise
from .plurals import fold, fold_keeping_case, possible_folds
from .tokens import (
    Alternative,
    Tokens,
    TokensWithOffsets,
    chains,
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
    "chains",
    "fold",
    "fold_joined",
    "fold_keeping_case",
    "normalise",
    "possible_folds",
    "spell_greek",
    "tokenize",
    "tokenize_chain",
    "tokenize_with_offsets",
]

"""Matching stored papers that are in no index in memory.

The database's full text holds a *document* of each paper, made of the matcher's own terms. It finds
candidates; each is verified on its document, or on its texts where the document does not decide.
"""

from .candidates import (
    EVERY,
    Adjacent,
    AllOf,
    AnyOf,
    Condition,
    Lexeme,
    candidates,
    of_ids,
)
from .document import (
    TEXT_RULES,
    DocumentParts,
    PaperDocument,
    day_of,
    document_id,
    document_parts,
    first_id,
)
from .verification import StoredPaper, TextNeeded, needs_texts

__all__ = [
    "EVERY",
    "TEXT_RULES",
    "Adjacent",
    "AllOf",
    "AnyOf",
    "Condition",
    "DocumentParts",
    "Lexeme",
    "PaperDocument",
    "StoredPaper",
    "TextNeeded",
    "candidates",
    "day_of",
    "document_id",
    "document_parts",
    "first_id",
    "needs_texts",
    "of_ids",
]

"""Other ways to write and to word the phrases of a keyword."""

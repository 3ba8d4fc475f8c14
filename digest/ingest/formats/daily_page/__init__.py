"""The daily page in every form in which people copy it."""

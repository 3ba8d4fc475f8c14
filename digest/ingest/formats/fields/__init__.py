"""Fields of a record as they are written: authors, dates, abstracts, journals, keywords."""

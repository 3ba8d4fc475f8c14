"""Keywords and papers: language, index, ranking. No Django, no database, no clock."""

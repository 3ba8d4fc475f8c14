"""One subscriber's timeline: what happened, why no mail came today, and what the next one holds."""

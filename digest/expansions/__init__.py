"""What a keyword may be widened by, from what is counted in the stored papers."""

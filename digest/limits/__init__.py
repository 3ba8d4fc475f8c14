"""What a stranger may ask for, and how much of it: see `doors` for every URL and its limits."""

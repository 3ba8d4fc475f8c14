"""What a stranger may ask for, and how much of it: `url_limits` lists every URL and its limits."""

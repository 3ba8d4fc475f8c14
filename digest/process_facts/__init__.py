"""What a process knows of itself: the version of its code, and how long its stages take."""

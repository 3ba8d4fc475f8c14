"""The admin site itself: who may log in, and what holds for all of its pages."""

"""Files at the door: every table is proved to be the one its card describes before anything reads a figure of it."""

"""Tells Makegood that this machine is alive, whom it can reach, and what was done on it today."""

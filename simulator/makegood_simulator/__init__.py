"""Plays months of events against the real functions, in process and in seconds, with faults on purpose."""

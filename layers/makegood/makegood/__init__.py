"""Makegood: the guarantee of a managed IT provider, as data and rules."""

import gc

# What a new process makes at first are modules and clients, which stay: looking through them for garbage
# after every 700 new objects took a tenth of its start.
gc.set_threshold(20_000)

"""Makegood: the guarantee of a managed IT provider, as data and rules."""

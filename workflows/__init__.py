"""Deterministic workflow code: when to ask, how long to wait, what to do next."""

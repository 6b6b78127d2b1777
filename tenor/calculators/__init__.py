"""Calculators: the pure engines on the command line, JSON in and JSON out, no server."""

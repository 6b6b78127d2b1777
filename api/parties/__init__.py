"""Parties of loans, who paid, and deaths."""

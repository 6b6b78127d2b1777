"""Whose books the loans are in."""

"""Loans from application to closing."""

"""Loan products as versioned data."""

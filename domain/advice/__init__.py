"""Debt advice: what a person can afford, and in which order debts are best paid off."""

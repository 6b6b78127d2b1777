"""The demo: a portfolio is lent, people behave, days pass through the real workflows."""

"""Portfolios: a book of loans read from a CSV file, checked row by row, and entered over REST."""

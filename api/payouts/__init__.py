"""Payouts: the money of a loan on its way to the borrower's bank account."""

"""The books of a creditor: chart of accounts, sets of postings, periods, tie-out."""

"""Money received, its allocation and its reversal."""

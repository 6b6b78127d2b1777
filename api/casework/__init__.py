"""Casework: who works which case, by leases and by rule, and what each of them has to do."""

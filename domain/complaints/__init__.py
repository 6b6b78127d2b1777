"""Complaints: their life, and the clocks that the law puts on them."""

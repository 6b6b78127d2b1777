"""How a loan is priced, scheduled, paid and aged."""

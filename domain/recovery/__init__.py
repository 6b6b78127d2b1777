"""How an overdue loan is brought back: strategies, cases, promises, holds."""

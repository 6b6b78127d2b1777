"""What a bank statement says: reading tables into movements, and deciding what may be believed."""

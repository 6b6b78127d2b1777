"""What a customer's message asks for, read by rule in three languages."""

"""Letters: written from facts, set as PDF, kept under the customer's key, posted by a person."""

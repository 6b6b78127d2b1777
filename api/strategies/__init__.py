"""Recovery strategies as versioned data."""

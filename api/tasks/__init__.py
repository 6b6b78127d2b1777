"""Tasks: what people are asked to do, and how it is followed up until it is done."""

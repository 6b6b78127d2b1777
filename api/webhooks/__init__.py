"""What providers tell us: replies, delivery receipts, opt-outs, each proven by its signature."""

"""What credit may cost in a country, and the limits that each loan keeps of it."""

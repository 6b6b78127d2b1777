"""In-app notifications: what somebody finds when he logs in."""

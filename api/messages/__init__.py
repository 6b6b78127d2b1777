"""Messages out and in, permits, dispatch and webhooks."""

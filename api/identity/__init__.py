"""Users, service clients and their tokens."""

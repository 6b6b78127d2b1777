"""People: what is known of them, encrypted, and how they may be reached."""

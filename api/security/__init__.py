"""Who may do what, and how personal data is kept: tokens, passwords, policy, encryption."""

"""Who may be contacted, how, when and why not."""

"""How facts reach workflows: one level-triggered row each."""

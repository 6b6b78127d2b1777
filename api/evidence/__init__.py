"""Evidence packs of cases, their explanations, and audits of past contacts under other rules."""

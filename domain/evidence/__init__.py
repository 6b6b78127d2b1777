"""Evidence that proves itself: a canonical form, chains of digests, and packs that carry both."""

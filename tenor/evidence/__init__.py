"""Evidence packs on the command line: fetch one, check one without any server."""

"""Banks that send money: the port, and an adapter for each."""

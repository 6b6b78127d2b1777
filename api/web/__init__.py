"""Server-rendered sites on the same services as the REST API: the console, and what they share."""

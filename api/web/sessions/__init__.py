"""Sessions of people who use a site with a browser."""

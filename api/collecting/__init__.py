"""Money asked for through a gateway: saved methods, autopay, pay links, and their attempts."""

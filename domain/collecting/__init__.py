"""When money is asked for through a gateway, and what follows when it does not come."""

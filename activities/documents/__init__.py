"""Reading what people hand in: a first look, then the contents in a child process with limits."""

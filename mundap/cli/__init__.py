"""The command line: the top layer. It may import everything, inside functions; nothing imports it."""

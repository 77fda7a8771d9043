"""The command line: one command, one file; the top layer, which may import everything, inside functions."""

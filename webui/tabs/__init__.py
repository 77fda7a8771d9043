"""One tab a file: its components and its callbacks, which only pass on what the rest of webui does.

A tab has lay_out(page), called with its gr.Tab open; page.py lists the tabs, and says whose they are.
"""

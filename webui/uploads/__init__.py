"""What people bring to the page: files of their own, read in a child process, searched by nobody but them.

    route.py       a file's bytes come in, counted while they come; Gradio's own upload route stays closed
    extraction.py  a child process (worker.py) takes the text out, under limits of time and memory
    shelf.py       what is kept of a person's files: their chunks and a record each, never the file itself
    collection.py  Uploads: add, list, delete, and an answerer over what one person uploaded
"""

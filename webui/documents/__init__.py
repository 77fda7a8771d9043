"""The tab where documents are read, searched and uploaded; what an upload goes through is webui/uploads."""

"""The Gradio page: layout and thin callbacks over rag."""

from __future__ import annotations

import os

# Gradio reads this when it is imported, so it stands before every import of it: nothing is reported to anyone.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

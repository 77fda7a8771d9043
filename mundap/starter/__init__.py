"""Starter models: a small Korean-trimmed Gemma 3 and multilingual-e5-small, unpacked without a hub, account or GPU.

    prepare(home)                  make home/models/gemma-3-270m-ko and home/models/multilingual-e5-small
    status(home)                   which of them are complete, broken or missing
    copy_licences(model, export)   carry a model's licence texts into an export

Does not train, load or run a model. To run it alone: mundap models
"""

from mundap.starter.build import E5_DIR, GEMMA_DIR, StarterStatus, prepare, status
from mundap.starter.licences import copy_licences

__all__ = ["E5_DIR", "GEMMA_DIR", "StarterStatus", "copy_licences", "prepare", "status"]

"""Hub models without a prompt format of their own, made ready for recipes that leave `template` out.

    prepare(model, home)   make home/models/<last part of its name>-ko: links to the weights, the tokenizer with a pad
                           token of its own, and the chat template that rows are written for
    status(home)           which prepared folders are complete or broken

A weight is never copied where a link will do, and never read: a base is not changed. Does not train, quantise or load
a model, and never runs code that came with one. To run it alone: mundap models --prepare ID
"""

from mundap.prepared.build import PreparedStatus, prepare, status

__all__ = ["PreparedStatus", "prepare", "status"]

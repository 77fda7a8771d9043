"""People's judgements of answers as rows to train on: corrections (SFT), ratings (KTO) and votes (DPO).

    judgements -> screened -> one row a prompt -> files, registry, card -> manifest, last

Plain data in, rows out: where judgements are kept, and who gave them, is not known here.
"""

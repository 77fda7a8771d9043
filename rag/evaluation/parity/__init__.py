"""Does an exported model answer as its base and adapter do, from its folder and behind a server?

    compare.py      the same prompts through each; what `mundap eval --parity` runs
    agreement.py    two texts compared: tokens, first difference, figures
    served.py       `llamafactory-cli api` and Ollama as processes of ours
    certificate.py  the result, kept in the export; read by whoever answers with it
"""

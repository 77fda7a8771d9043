"""`mundap eval`: several systems over one frozen set of questions, measured, compared and reported.

    questions -> systems answer one after another (answers kept as they come) -> metrics -> statistics -> report

    run.py          a whole evaluation; systems.py, decodings.py, questions.py read its recipe, answering.py asks
    asked.py        one question with its truth, one system's reply to it: all that a metric looks at
    metrics/        plain functions of the two; the list of all is in metrics/__init__.py
    statistics.py   intervals and differences; sample_size.py how many questions are needed; against.py the regression lock
    verifier.py     how far verifier and metrics can be trusted, on the answers labelled.py reads
    results.py      what came of a run; report/ writes it as a page, Markdown and JSON, interchange.py for other tools
    sweep.py        decoding settings compared          speed.py, model_speed.py   how fast a system, a model is
    parity/         adapter, export and served model compared          opinions/   people's ratings, and a judge's
"""

"""`mundap eval`: several systems over one frozen set of questions, measured, compared and reported.

    questions -> systems answer one after another (answers kept as they come) -> metrics -> statistics -> report

    asked.py     one question with its truth, one system's reply to it
    metrics/     plain functions of the two; the list of all in metrics/__init__.py
    statistics   intervals and differences
    results.py   what came of a run; the report, --against and the page read it
"""

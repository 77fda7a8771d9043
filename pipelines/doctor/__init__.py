"""The dataset doctor: what is wrong with a dataset of dataset_info.json, by row number, and the safe mending of it.

    told = examine("demo", project)     told.findings, told.lengths, told.labels
    fix(told)                           a new file beside the old one, which stays

Lives here and not in mundap/checking, since it judges rows by the filters of the quality gate. What LLaMA-Factory itself
would drop or cut is another question, put to its own code: mundap.forecast.
"""

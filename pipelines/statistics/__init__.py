"""Public statistics: a table becomes documents that can be searched and cited, and questions answered by computation.

    spec       what a data.yaml says about a table: its keys, measures, units and years
    dataset    the files of one data set read into cells, units compared
    figures    what follows from the cells: totals, shares, ranks
    wording    how groups, slices and numbers are said
    documents  one document a group
    questions  questions and answers of every kind
    rows       training rows in the form of the app's prompt
    folders    the same in the reference's form, under data/<domain>
"""

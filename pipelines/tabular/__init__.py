"""Tables from any Korean office: CSV, TSV and XLSX read into typed columns, with what was found and what was done told.

    encoding   which encoding a text file is in, by strict decoding
    header     which rows are notes, which the header, and the columns' names and units
    columns    what each column holds, and cells as numbers or dates
    reader     a table: its layout, its batches of rows, its rejected rows
"""

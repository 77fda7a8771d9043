"""LLaMA Board both ways: a recipe opened in its form, and what it saved or ran brought back as a recipe.

    opening.py     recipe -> form -> page            fields.py     the table of fields and recipe keys
    importing.py   run or saved form -> recipe       arguments.py  form -> what the Board trains with
"""

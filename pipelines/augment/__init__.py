"""Further training rows from the ones kept: the same answer, its question paraphrased, mistyped or asked at a level.

    rows, report = augment(records, settings)      settings: the `augment:` of data.yaml

No figure, name or year of a question changes; each row names the row it came from (augmented_from) and how.
"""

"""The quality gate: which rows are worth training on, why the others are not, and how near train and eval are.

    Gate.of(filters, decline_text=...)     the filters of data.yaml's `filters:`, in their fixed order (registry.py)
    gate.sift(records, part=...)           records in, kept records out; gate.report counts and shows the rest
    leakage.measure / leakage.plan_moves   n-gram and embedding overlap of train and eval

Each filter stands in a file of its own. Rows are plain mappings of text, so that any maker of rows can use the gate.
"""

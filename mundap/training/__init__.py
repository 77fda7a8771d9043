"""Training: a run from its plan to the record it leaves, its progress, and the same run again."""

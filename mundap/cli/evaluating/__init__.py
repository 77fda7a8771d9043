"""The modes of `mundap eval` beside the evaluation itself, a module each."""

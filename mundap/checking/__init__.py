"""Checking recipes: schemas, rules between files, and LLaMA-Factory's own parser as a second opinion."""

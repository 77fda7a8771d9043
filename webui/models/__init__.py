"""The tab of models and runs: tab.py; behind it the runs' facts, the change of model, LLaMA Board."""

"""The tab where answers are rated: tab.py and its parts (*_part.py); behind them lists, ratings, reports."""

"""The tab where one asks: tab.py and its callbacks; behind them a talk, its turns, and the asking itself."""

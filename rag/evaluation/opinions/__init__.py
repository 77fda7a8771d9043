"""What people and a judge model think of replies.

    ratings.py      files of ratings and blind votes
    human.py        means, win rates, agreement between raters
    judge.py        an optional judge model, its verdicts kept and counted
    calibration.py  how far the judge agrees with people
"""

"""The three ways of `mundap ask`: one question, a file of them, a talk.

    wishes   what was asked for beside the question, checked before anything is loaded
    shown    an answer as lines of a terminal
    batch    a file of questions to a file of answers
    talk     questions typed one after another
"""

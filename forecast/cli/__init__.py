"""What a person types: the commands, their options and their exit codes.

In: words typed. Out: a call of the rooms below, and plain sentences.
It must never compute a figure.
"""

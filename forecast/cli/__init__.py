"""What a person types: the commands, their options and their exit codes, a file for each thing a person does.

In: words typed. Out: a call of the rooms below, and plain sentences.
It must never compute a figure, nor import at the top what only one command needs: the list must come at once.
"""

"""The live page: move a lever and see at once what it does to the contingency."""

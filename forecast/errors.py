"""The one error a person is meant to read."""


class BadInput(ValueError):
    """Something the user gave cannot be used.

    The message says what is wrong, where (file, and line, row or key), what was expected, and what to do.
    """

"""The one error a person is meant to read."""


class BadInput(ValueError):
    """Something the user gave cannot be used.

    The message says what is wrong, where (file, and line, row or key), what was expected, and what to do.
    """

    exit_code = 2


class Busy(BadInput):
    """Another process is at the same work. Nothing is wrong; the same command does it later."""

    exit_code = 3


class CannotPublish(BadInput):
    """The machine would not take the run: disk full, read-only, no permission, or the folder open elsewhere.

    The message says what to do, and that what was published before stands.
    """

    exit_code = 1


class NotebookFailed(BadInput):
    """A notebook of the run stopped; what was published before stands."""

    exit_code = 1

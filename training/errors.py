"""The one error that is a user's."""


class InputError(ValueError):
    """A file or value of the user's that cannot be used. Its message is one line: expected, received, likely cause."""

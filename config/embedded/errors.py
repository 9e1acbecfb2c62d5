"""The one error of the launcher."""


class StartError(Exception):
    """The start cannot go on; the message is one French sentence for the person who started it."""

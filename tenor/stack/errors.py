"""What can go wrong while the one-machine stack is prepared, started or stopped."""


class StackError(Exception):
    """A refusal or failure told to a person: what happened, and what to do about it.

    The text never holds a password or a key; it may hold paths, ports and process names.
    """

    def __init__(self, problem: str, remedy: str | None = None) -> None:
        """Join the problem and its remedy into one message, keeping both parts."""
        super().__init__(problem if remedy is None else f"{problem}\n{remedy}")
        self.problem = problem
        self.remedy = remedy

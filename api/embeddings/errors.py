"""What can go wrong while texts become vectors. Each message is plain English for users and operators."""


class EmbeddingFailed(Exception):
    """No vector came of a text, and asking again would not help: model, settings or text are to blame."""

    @property
    def message(self) -> str:
        """The sentence for people."""
        return str(self)


class Unreachable(EmbeddingFailed):
    """Nothing answers for the model now; the same texts may succeed later.

    `retry_after` is in seconds, None where nobody said.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotSetUp(Unreachable):
    """The provider of the model is not known here, or an extra is not installed."""


class BudgetSpent(Unreachable):
    """The tokens that may be sent to the provider on one day are spent."""

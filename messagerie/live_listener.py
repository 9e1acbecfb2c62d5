"""What the client of the live view tells whoever uses it."""

from uuid import UUID

from messagerie.live_outbox import Frame


class Listener:
    """What a client tells. Override what you need; none of it may block."""

    def link(self, up: bool) -> None:
        """The link is up, or is known to be down."""

    def line(self, frame: Frame) -> None:
        """The next line of a watched conversation: each once, in order, without a hole."""

    def state(self, frame: Frame) -> None:
        """State, outcome and receipts of a watched conversation."""

    def restarted(self, conversation: UUID) -> None:
        """The numbers start again (restored database): forget what was shown, all comes again."""

    def refused(self, frame: Frame) -> None:
        """A line or a watch was refused; the client does what `retry` says by itself."""

    def gone(self, conversation: UUID) -> None:
        """The conversation is no longer visible to this account."""

    def queue(self) -> None:
        """The queue of the professional changed."""

    def typing(self, frame: Frame) -> None:
        """The other side is writing."""

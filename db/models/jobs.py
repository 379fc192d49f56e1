"""Work that nobody asks for: when each kind of it is due."""

from datetime import datetime

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Identified, Timestamped, orders
from db.columns import BigInt, limited, not_negative


class Job(Identified, Timestamped, Base):
    """A kind of background work. Whichever process finds it due does it, while it holds the row's lock."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("name"),
        *not_negative("runs"),
        *orders("jobs", None, "created_at"),
    )

    name: Mapped[str] = limited("name", 100, doc="Name of the work.")
    due_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), doc="When it is to be done the next time."
    )
    runs: Mapped[BigInt] = mapped_column(server_default=text("0"), doc="How often it was done.")
    last_run_at: Mapped[datetime | None] = mapped_column(doc="When it was last done.")
    last_error: Mapped[str | None] = mapped_column(doc="Why it failed the last time; null if it did not.")

"""Which response keys a selection uses already, so that what is merged can be merged."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Scope:
    """The keys below one place of the response: of each what it stands for, and the scope below."""

    keys: "dict[str, tuple[str, Scope]]" = field(default_factory=dict)

    def claim(self, key: str, head: str) -> "Scope | None":
        """Take a key for a field with these arguments; None where it stands for something else."""
        known, below = self.keys.setdefault(key, (head, Scope()))
        return below if known == head else None

    def absorb(self, other: "Scope") -> bool:
        """Take what a fragment uses, whole or not at all."""
        if not self._takes(other):
            return False
        self._take(other)
        return True

    def _takes(self, other: "Scope") -> bool:
        return all(
            key not in self.keys or (self.keys[key][0] == head and self.keys[key][1]._takes(below))
            for key, (head, below) in other.keys.items()
        )

    def _take(self, other: "Scope") -> None:
        for key, (head, below) in other.keys.items():
            self.keys.setdefault(key, (head, Scope()))[1]._take(below)

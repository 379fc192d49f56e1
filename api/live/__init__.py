"""The subscriptions: what can be followed, and how."""

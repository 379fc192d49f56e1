"""Executions: started, halted and ended by people, done by workers, and kept in order meanwhile.

Whoever changes an execution holds the lock on its row first, several in the order of their ids. Times, the
end of a lease, the numbers of events and the event of each new status are the database's own work.
"""

"""The statement path: a whole read operation compiled into one SQL statement that returns finished JSON."""

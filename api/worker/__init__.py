"""A worker: a program that does executions through the API alone, as one in any other language would."""

"""`python -m api.cli` is `atrium`."""

from api.cli import main

main()

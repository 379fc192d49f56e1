"""How hypothesis is used over a database: what fails once fails always, and soon."""

from functools import partial
from typing import Final

from hypothesis import HealthCheck, Phase, settings

# The rows are the same in every run, and so are the examples. Shrinking runs thousands of operations more.
steady: Final = partial(
    settings,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)

"""How long who has to wait, by a clock that the test moves."""

from api.auth.throttle import Throttle
from db.columns import IPAddress

HOME = IPAddress("192.0.2.7")


class Guesses:
    def __init__(self) -> None:
        self.now = 0.0
        self.throttle = Throttle(lambda: self.now)

    def waits(self, account: str, address: IPAddress | None = None, times: int = 1) -> list[int]:
        """The waits between failures, each of which is made as soon as it is allowed."""
        found = []
        for _ in range(times):
            wait = self.throttle.attempt(account, address)
            found.append(wait)
            while wait:
                self.now += wait
                wait = self.throttle.attempt(account, address)
        return found


def test_waits_double_up_to_a_minute() -> None:
    guesses = Guesses()
    assert guesses.waits("lin", times=14) == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_attempts_that_come_too_early_change_nothing() -> None:
    guesses = Guesses()
    guesses.waits("lin", times=8)
    assert [guesses.throttle.attempt("lin", None) for _ in range(100)] == [8] * 100
    guesses.now += 8
    assert guesses.throttle.attempt("lin", None) == 0


def test_names_are_the_same_in_any_case() -> None:
    guesses = Guesses()
    guesses.waits("Lin", times=5)
    assert guesses.throttle.attempt(" lIN ", None) == 1
    assert guesses.throttle.attempt("other", None) == 0


def test_an_address_guesses_at_many_accounts_for_a_while_only() -> None:
    guesses = Guesses()
    waits = [guesses.throttle.attempt(f"user{number}", HOME) for number in range(30)]
    assert waits == [0] * 25 + [1] * 5
    assert guesses.throttle.attempt("lin", IPAddress("192.0.2.8")) == 0
    longest = [wait for number in range(40) for wait in guesses.waits(f"next{number}", HOME)]
    assert max(longest) == 300


def test_an_ipv6_customer_has_one_network() -> None:
    guesses = Guesses()
    for number in range(25):
        assert guesses.throttle.attempt(f"user{number}", IPAddress(f"2001:db8::{number:x}")) == 0
    assert guesses.throttle.attempt("lin", IPAddress("2001:db8::ffff")) == 1
    assert guesses.throttle.attempt("lin", IPAddress("2001:db8:0:1::1")) == 0


def test_success_forgives_the_account_and_not_the_address() -> None:
    guesses = Guesses()
    for number in range(24):
        guesses.throttle.attempt(f"user{number}", HOME)
    for _ in range(4):
        guesses.throttle.attempt("lin", None)
    assert guesses.throttle.attempt("lin", HOME) == 0
    guesses.throttle.succeeded("lin", HOME)
    assert guesses.waits("lin", times=6) == [0, 0, 0, 0, 0, 1]
    assert guesses.throttle.attempt("next", HOME) == 0
    assert guesses.throttle.attempt("last", HOME) == 1


def test_an_hour_of_quiet_is_forgotten() -> None:
    guesses = Guesses()
    guesses.waits("lin", times=9)
    guesses.now += 3_601
    assert guesses.throttle.attempt("lin", None) == 0
    assert guesses.waits("lin", times=5) == [0, 0, 0, 0, 1]

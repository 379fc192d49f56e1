"""Takes pieces out of what decides about rights, one at a time, and names those that no test misses.

    python -m tests.survivors

A piece is a condition of an `and`, an operand, a member of a list, a guard, an entry of a table, a word in a
list of attributes, a statement, a call that checks; cells of the matrix are not among them, since a test
changes those. Each mutant lives in a process of its own, forked from this one, as source that is imported in
place of the file, and the tests of the matrix run until one fails. All share one PostgreSQL, in which the
people of the tests are made once. It takes some seconds a piece, and ends with an error if one survived.
"""

import argparse
import ast
import os
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from db.embedded import embedded_server
from tests import conftest

ROOT: Final = Path(__file__).parents[1]
DECIDING: Final = ("db/policy.py", "db/rights.py", "db/matrix.py", "api/core/grants.py")
"""What consists of nothing but decisions about rights."""

ASKING: Final = (
    "api/core/filters.py",
    "api/core/loaders.py",
    "api/core/page_query.py",
    "api/reading/statement.py",
)
"""What asks the others; only that it asks is taken out."""

CHECKS: Final = ("check_shown", "check_order", "check_changed")
"""What asks by a call that returns nothing."""

TESTS: Final = tuple(f"tests/api/matrix/test_{name}.py" for name in ("rules", "ways", "absence"))
"""The quickest go first."""

OURS: Final = ("api", "db", "migrations", "tests")
_LONGEST_SECONDS: Final = 900
"""Of a processor's time, so that it does not matter how busy the machine is."""

_SURVIVED: Final = "survived"

Change = Callable[[], str]
"""Takes a piece out of a tree, and says what it was."""


@dataclass(frozen=True)
class Mutant:
    """One of the files without one of its pieces."""

    path: str
    line: int
    what: str
    source: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def mutants(path: str) -> Iterator[Mutant]:
    """Everything that can be taken out of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    changes = _changes if path in DECIDING else _asks
    for place, spot in enumerate(ast.walk(tree)):
        for index in range(len(changes(spot))):
            copy = deepcopy(tree)
            node = next(each for number, each in enumerate(ast.walk(copy)) if number == place)
            what = changes(node)[index]()
            yield Mutant(path, getattr(node, "lineno", 0), what, ast.unparse(ast.fix_missing_locations(copy)))


def _changes(node: ast.AST) -> Sequence[Change]:
    match node:
        case ast.BoolOp(values=members):
            return _drops(members)
        case ast.Call(func=ast.Name("_line" | "_grant")):
            return [*_unsaid(node), *_shorter(node)]
        case ast.Call(func=ast.Name("not_")):
            return [partial(_unwrap, node)]
        case ast.Call(args=members) if _name(node) in ("and_", "or_", "max", "min", "where"):
            return _drops(members)
        case ast.IfExp(body=body, orelse=orelse):
            return [partial(_always, node, body), partial(_always, node, orelse)]
        case ast.If():
            return [partial(_condition, node, value) for value in (True, False)]
        case ast.Compare(ops=[operator]) if type(operator) in _OPPOSITES:
            return [partial(_reverse, node)]
        case ast.Dict(keys=keys) if None not in keys and len(keys) > 1:
            return [partial(_drop_entry, node, index) for index in range(len(keys))]
        case ast.Tuple(elts=[first, _, *_] as members, ctx=ast.Load()) if isinstance(
            first, ast.Tuple
        ) or ast.unparse(first).startswith("_m."):
            return _drops(members)
        case (
            ast.FunctionDef(body=body)
            | ast.AsyncFunctionDef(body=body)
            | ast.If(body=body)
            | ast.For(body=body)
        ):
            return [partial(_skip, body, each) for each in body if _is_done(each)]
    return []


def _asks(node: ast.AST) -> Sequence[Change]:
    """The same of what only asks: its checks, and its conditions that the policy made."""
    match node:
        case ast.Call(args=members) if _name(node) in ("and_", "where"):
            wanted = [index for index, each in enumerate(members) if _name(each) in ("visible", "related")]
            return [partial(_drop, members, index) for index in wanted]
        case (
            ast.FunctionDef(body=body)
            | ast.AsyncFunctionDef(body=body)
            | ast.If(body=body)
            | ast.For(body=body)
        ):
            return [partial(_skip, body, each) for each in body if _is_check(each)]
    return []


def _name(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_done(statement: ast.stmt) -> bool:
    """Whether a statement does something, rather than to name a value or to return it."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call)
    return isinstance(statement, ast.AugAssign)


def _is_check(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and _name(statement.value).lstrip("_") in CHECKS


def _drops(members: list[ast.expr]) -> list[Change]:
    return [partial(_drop, members, index) for index in range(len(members))]


def _drop(members: list[ast.expr], index: int) -> str:
    return f"without `{ast.unparse(members.pop(index))}`"


def _drop_entry(node: ast.Dict, index: int) -> str:
    key = node.keys.pop(index)
    node.values.pop(index)
    return f"without the entry `{ast.unparse(key) if key else '**'}`"


def _skip(body: list[ast.stmt], statement: ast.stmt) -> str:
    body[body.index(statement)] = ast.Pass()
    return f"without `{ast.unparse(statement)}`"


def _always(node: ast.IfExp, kept: ast.expr) -> str:
    said = f"always `{ast.unparse(kept)}` of `{ast.unparse(node)}`"
    node.test = ast.Constant(kept is node.body)
    return said


def _condition(node: ast.If, value: bool) -> str:
    said = f"{'always' if value else 'never'} `if {ast.unparse(node.test)}`"
    node.test = ast.Constant(value)
    return said


_OPPOSITES: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.GtE: ast.Lt, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Gt: ast.LtE,
}  # fmt: skip


def _reverse(node: ast.Compare) -> str:
    said = f"the opposite of `{ast.unparse(node)}`"
    node.ops[0] = _OPPOSITES[type(node.ops[0])]()
    return said


def _unwrap(node: ast.Call) -> str:
    said = f"`{ast.unparse(node)}` without its `not`"
    node.func = ast.Name("and_", ast.Load())
    return said


def _unsaid(node: ast.Call) -> list[Change]:
    """Each of the options of a line left out."""

    def unsay(keyword: ast.keyword) -> str:
        node.keywords.remove(keyword)
        return f"`{ast.unparse(node)}` without `{keyword.arg}`"

    return [partial(unsay, each) for each in node.keywords]


def _shorter(node: ast.Call) -> list[Change]:
    """Each word left out of the lists of attributes of a line, and of attributes and roles of a grant."""
    texts = [each.value for each in node.keywords if each.arg == "insight"]
    texts += node.args[1:] if _name(node) == "_grant" else []
    return [
        partial(_shorten, text, word, node.args[0])
        for text in texts
        if isinstance(text, ast.Constant)
        for word in str(text.value).split()
    ]


def _shorten(text: ast.Constant, word: str, of: ast.expr) -> str:
    text.value = " ".join(each for each in str(text.value).split() if each != word)
    return f"without the word `{word}` of {ast.unparse(of)}"


class Replaced(MetaPathFinder, Loader):
    """Imports a mutant in place of its file."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.module = mutant.path.removesuffix(".py").replace("/", ".")

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """That the module is made here."""
        return spec_from_loader(fullname, self) if fullname == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the source without the piece."""
        exec(compile(self.mutant.source, str(ROOT / self.mutant.path), "exec"), vars(module))  # noqa: S102


class FirstFailure:
    """Remembers which test missed the piece."""

    def __init__(self) -> None:
        self.name = "the program, which does not start"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest for each part of a test."""
        if report.failed:
            self.name = report.nodeid.removeprefix("tests/api/matrix/")


def run_tests(mutant: Mutant | None) -> str:
    """What missed the mutant, or that it survived; None stands for the program as it is.

    It is for a process that does nothing else: what the process has imported of the program is dropped.
    """
    for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
        del sys.modules[name]
    if mutant is not None:
        sys.meta_path.insert(0, Replaced(mutant))
    os.chdir(ROOT)
    failure = FirstFailure()
    options = ["-q", "-x", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist"]
    passed = pytest.main([*options, *TESTS], plugins=[failure]) is pytest.ExitCode.OK
    return _SURVIVED if passed else f"missed by {failure.name}"


def verdict(mutant: Mutant | None) -> str:
    """The same from a process of its own, which is ended when it takes too long."""
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile() as output:
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (_LONGEST_SECONDS, _LONGEST_SECONDS))
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            try:
                told.write(run_tests(mutant))
                told.flush()
            except BaseException:  # noqa: BLE001
                traceback.print_exc()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        told.seek(0)
        answer = told.read()
        if mutant is None and answer != _SURVIVED:
            output.seek(0)
            sys.stdout.write(output.read().decode(errors="replace"))
    return answer or "missed by whoever waits: it ends without a verdict"


def try_all(made: Sequence[Mutant]) -> int:
    """Try every mutant. Returns how many survived; raises SystemExit if the tests fail without any."""
    # What the program needs of others is then there in every process.
    import_module("api.app")
    if verdict(None) != _SURVIVED:
        raise SystemExit("the tests fail as it is: mend that first")
    survivors = 0
    for number, mutant in enumerate(made, start=1):
        answer = verdict(mutant)
        survivors += answer == _SURVIVED
        sys.stdout.write(
            f"{number}/{len(made)} {answer.upper() if answer == _SURVIVED else answer}: {mutant}\n"
        )
        sys.stdout.flush()
    return survivors


def main() -> int:
    """Try every piece. Returns 1 if any survived."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", default=DECIDING + ASKING, help="files to take pieces out of")
    parser.add_argument("--only", default="", help="a text that the description of a piece must have")
    parser.add_argument("--list", action="store_true", help="say what would be tried, and try nothing")
    asked = parser.parse_args()
    made = [each for path in asked.files for each in mutants(path) if asked.only in str(each)]
    if asked.list:
        sys.stdout.writelines(f"{mutant}\n" for mutant in made)
        return 0
    # So that the server is stopped whoever ends this.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = conftest.make_home()
    os.environ[conftest.HOME_VARIABLE] = home
    try:
        with embedded_server(Path(home), settings=conftest.UNSAFE_AND_FAST):
            survivors = try_all(made)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    sys.stdout.write(f"{survivors} of {len(made)} survived\n")
    return min(survivors, 1)


if __name__ == "__main__":
    sys.exit(main())

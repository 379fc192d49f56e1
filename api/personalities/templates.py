"""Templates in Liquid that anybody may have written: parsed and filled in within limits.

Nothing outside can be reached: there are no files, no other templates and no attributes of Python objects.
A short template can ask for a lot of work (loops in loops, texts that double), so size, nesting, iterations,
work and output are all counted, and whatever goes beyond ends with a `TemplateError` that says which.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from liquid import BoundTemplate, Environment, RenderContext
from liquid.exceptions import LiquidError, ResourceLimitError

LONGEST_TEMPLATE: Final = 20_000
LONGEST_TAG: Final = 2_000
LONGEST_OUTPUT: Final = 200_000
MOST_NESTED: Final = 20
MOST_ITERATIONS: Final = 10_000
MOST_WORK: Final = 5_000_000
"""Characters and entries that filters may take in and give out, all together."""

_LARGEST_VALUE: Final = 200_000
_MOST_BITS: Final = 4_096
_LONGEST_DATE: Final = 100

_OPEN: Final = re.compile(r"\{\{|\{%")
_VERBATIM: Final = re.compile(r"\{%-?\s{0,9}(raw|doc)\s{0,9}-?%\}")
_WIDE: Final = re.compile(r"\s{200}")

# Other templates, tables in HTML, and a filter that takes quadratic time.
_NO_TAGS: Final = ("include", "render", "tablerow")
_NO_FILTERS: Final = ("strip_html", "safe", "escapejs")
# What filters stumble over when they are given nonsense.
_STUMBLES: Final = (
    ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a template, both from 1."""

    line: int
    column: int


class TemplateError(Exception):
    """Why a template cannot be used, as a sentence; `position` is None where it is no single place."""

    def __init__(self, message: str, position: Position | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class _Context(RenderContext):
    """One rendering, which counts what it takes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.iterations = 0
        self.work = 0

    @contextmanager
    def loop(self, namespace: Mapping[str, object], forloop: Any) -> Iterator[RenderContext]:
        """Count the iterations of all loops, one after the other or inside each other."""
        self.iterations += forloop.length
        if self.iterations > MOST_ITERATIONS:
            raise _TooMuch(f"loops go round more than {MOST_ITERATIONS:,} times")
        with super().loop(namespace, forloop) as context:
            yield context

    def filter(self, name: str, token: Any) -> Callable[..., object]:
        """A filter that counts what it takes in and gives out."""
        apply = super().filter(name, token)

        def counted(*values: Any, **named: Any) -> object:
            taken = [_size(value) for value in (*values, *named.values())]
            self.spend(sum(taken))
            if _growth(name, values) > _LARGEST_VALUE:
                raise _TooMuch(f"`{name}` makes a value of more than {_LARGEST_VALUE:,} characters")
            if name == "date" and max(taken) > _LONGEST_DATE:
                raise _TooMuch(f"`date` takes at most {_LONGEST_DATE} characters")
            if name == "uniq" and isinstance(values[0], (list, tuple)):
                # It compares each with each.
                self.spend(len(values[0]) * taken[0] // 4)
            made = apply(*values, **named)
            self.spend(_size(made))
            return made

        return counted

    def spend(self, work: int) -> None:
        """Note work. Raises where it is too much."""
        self.work += 10 + work
        if self.work > MOST_WORK:
            raise _TooMuch("its filters have too much to do")


class _Template(BoundTemplate):
    context_class = _Context


class _Environment(Environment):
    block_nesting_limit = MOST_NESTED
    context_depth_limit = MOST_NESTED + 10
    local_namespace_limit = 4 * LONGEST_OUTPUT
    output_stream_limit = LONGEST_OUTPUT
    template_class = _Template

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for name in _NO_TAGS:
            del self.tags[name]
        for name in _NO_FILTERS:
            del self.filters[name]


class _TooMuch(ResourceLimitError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason, token=None)


_ENVIRONMENT: Final = _Environment()


def check_template(template: str) -> None:
    """Check that a text is a Liquid template. Raises TemplateError."""
    _parse(template)


def used_names(template: str) -> set[str]:
    """The variables that a template uses and does not set itself. Raises TemplateError."""
    parsed = _parse(template)
    try:
        return set(parsed.analyze(include_partials=False).globals) - {"now", "today"}
    except (LiquidError, RecursionError):
        raise TemplateError("The template is nested too deep.") from None


def render(template: str, variables: Mapping[str, Any]) -> str:
    """Fill in a template; a variable that is missing is nothing. Raises TemplateError."""
    parsed = _parse(template)
    try:
        return parsed.render(dict(variables))
    except ResourceLimitError as error:
        raise TemplateError(f"The template asks for too much: {_limit(error)}.", _position(error)) from None
    except LiquidError as error:
        raise TemplateError(_reason(error), _position(error)) from None
    except _STUMBLES as error:
        raise TemplateError(f"A filter cannot do this: {_first_line(error)}.") from None


def _parse(template: str) -> BoundTemplate:
    if len(template) > LONGEST_TEMPLATE:
        raise TemplateError(f"A template has at most {LONGEST_TEMPLATE:,} characters.")
    _scan(template)
    try:
        return _ENVIRONMENT.from_string(template)
    except ResourceLimitError as error:
        raise TemplateError(f"Tags are nested more than {MOST_NESTED} deep.", _position(error)) from None
    except LiquidError as error:
        raise TemplateError(_reason(error), _position(error)) from None


def _scan(template: str) -> None:
    """Check that tags and outputs are closed and short, for which the parser's patterns take far too long."""
    at = 0
    while (opened := _OPEN.search(template, at)) is not None:
        start = opened.start()
        verbatim = _VERBATIM.match(template, start)
        if verbatim is not None:
            closing = re.compile(rf"{{%-?\s{{0,9}}end{verbatim[1]}\s{{0,9}}-?%}}").search(
                template, verbatim.end()
            )
            if closing is None:
                raise TemplateError(f"Close `{verbatim[1]}` with `end{verbatim[1]}`.", _at(template, start))
            at = closing.end()
            continue
        mark = "}}" if opened[0] == "{{" else "%}"
        end = template.find(mark, start + 2)
        if end < 0:
            raise TemplateError(f"Close this with `{mark}`.", _at(template, start))
        if end - start > LONGEST_TAG or _WIDE.search(template, start, end):
            message = f"What stands between {opened[0]} and {mark} has at most {LONGEST_TAG:,} characters, "
            raise TemplateError(f"{message}and no wide gaps.", _at(template, start))
        at = end + 2


def _at(template: str, index: int) -> Position:
    before = template[:index]
    return Position(before.count("\n") + 1, index - before.rfind("\n"))


def _growth(name: str, values: tuple[Any, ...]) -> int:
    """How long what a filter makes can be, for those that make more than they take."""
    texts = [str(value) if isinstance(value, (str, int, float)) else "" for value in values]
    if name in ("replace", "replace_first", "replace_last") and len(texts) > 2:
        return len(texts[0]) + texts[0].count(texts[1]) * len(texts[2])
    if name == "join" and values and isinstance(values[0], (list, tuple, range)):
        between = len(texts[1]) if len(texts) > 1 else 1
        return _size(values[0]) + len(values[0]) * between
    return 0


def _size(value: Any) -> int:
    """Characters and entries of a value, also of what is inside."""
    size, waiting = 0, [value]
    while waiting and size <= 2 * _LARGEST_VALUE:
        each = waiting.pop()
        if isinstance(each, (str, range)):
            size += len(each)
        elif isinstance(each, dict):
            size += len(each)
            waiting += each.values()
        elif isinstance(each, (list, tuple)):
            size += len(each)
            waiting += each
        elif isinstance(each, int) and each.bit_length() > _MOST_BITS:
            raise _TooMuch(f"a number has more than {_MOST_BITS} bits")
    return size


def _limit(error: ResourceLimitError) -> str:
    known = {
        "OutputStreamLimitError": f"what it makes has more than {LONGEST_OUTPUT:,} bytes",
        "LocalNamespaceLimitError": "its variables take too much room",
        "ContextDepthError": "its loops are nested too deep",
        "LoopIterationLimitError": f"loops go round more than {MOST_ITERATIONS:,} times",
    }
    return known.get(type(error).__name__, str(error.message))


def _reason(error: LiquidError) -> str:
    if isinstance(error.__cause__, RecursionError):
        return "The template is nested too deep."
    text = _first_line(error.message)
    return f"{text[:1].upper()}{text[1:]}." if text else "This is no Liquid template."


def _first_line(error: object) -> str:
    lines = str(error).splitlines()
    return lines[0][:200].rstrip(".") if lines else ""


def _position(error: LiquidError) -> Position | None:
    try:
        found = error.context()
    except ValueError:
        return None
    return None if found is None else Position(found[0], found[1] + 1)

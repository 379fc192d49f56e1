"""Templates that anybody may have written: filled in, or refused with a reason before they take too much."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.json_schema import schema_faults, value_faults
from api.personalities.templates import (
    LONGEST_OUTPUT,
    LONGEST_TEMPLATE,
    MOST_WORK,
    Position,
    TemplateError,
    check_template,
    render,
    used_names,
)


@pytest.mark.parametrize(
    ("template", "variables", "text"),
    [
        ("Hi {{ name }}{% if polite %}!{% endif %}", {"name": "林", "polite": True}, "Hi 林!"),
        ("{% for m in memories %}- {{ m }}\n{% endfor %}", {"memories": ["a", "b"]}, "- a\n- b\n"),
        ("{{ missing }}|{{ missing | default: 'x' }}", {}, "|x"),
        ("{% raw %}{{ {% endraw %}{{ a }}", {"a": 1}, "{{ 1"),
        ("{%- comment -%} {{ a }} {%- endcomment -%}b", {}, "b"),
        ("{{ self }}{{ _ }}{{ args }}", {"self": 1, "_": 2, "args": 3}, "123"),
        ("{{ a.size }} {{ a.first.b }} {{ 'x,y' | split: ',' | join: '+' }}", {"a": [{"b": 5}]}, "1 5 x+y"),
        ("{{ a.__class__ }}{{ a.b.__init__ }}{{ a.items }}", {"a": {"b": "c"}}, ""),
        ("<b>{{ a }}</b>", {"a": "<i>"}, "<b><i></b>"),
    ],
)
def test_a_template_is_filled_in(template: str, variables: dict[str, Any], text: str) -> None:
    check_template(template)
    assert render(template, variables) == text


@pytest.mark.parametrize(
    ("template", "position"),
    [
        ("Hi {{ name }", Position(1, 4)),
        ("a\nb {% if x", Position(2, 3)),
        ("a\n{{ x | nope: }}{% bad %}", Position(2, 19)),
        ("{% raw %} {{ x }}", Position(1, 1)),
        ("{% for x in %}{% endfor %}", None),
    ],
)
def test_mistakes_have_their_place(template: str, position: Position | None) -> None:
    with pytest.raises(TemplateError) as caught:
        check_template(template)
    assert caught.value.message.endswith(".")
    if position is not None:
        assert caught.value.position == position


DOUBLING = "{% assign s = 'xxxxxxxxxx' %}" + "{% assign s = s | append: s %}" * 40
HOSTILE = {
    "a long template": "x" * (LONGEST_TEMPLATE + 1),
    "an endless loop": "{% for i in (1..1000000000) %}x{% endfor %}",
    "a range beyond numbers": "{% for i in (1..99999999999999999999) %}x{% endfor %}",
    "loops in loops": "{% for i in (1..100) %}" * 3 + "x" + "{% endfor %}" * 3,
    "loops after loops": "{% for i in (1..9000) %}x{% endfor %}" * 5,
    "a range as a list": "{{ (1..1000000000) | join: ',' }}",
    "texts that double": DOUBLING,
    "numbers that double": "{% assign n = 9999999999 %}" + "{% assign n = n | times: n %}" * 40 + "{{ n }}",
    "a text in a text": "{{ long | replace: 'x', long }}",
    "a text between letters": "{{ long | split: '' | join: long }}",
    "letters compared with letters": "{{ long | split: '' | uniq | size }}",
    "filters in a loop": "{% for i in (1..9000) %}{{ long | upcase | downcase | size }}{% endfor %}",
    "a long output": "{{ long }}" * 9,
    "captures in captures": "{% capture x %}{{ x }}{{ x }}{{ long }}{% endcapture %}" * 30 + "{{ x }}",
    "tags in tags": "{% if a %}" * 30 + "{% endif %}" * 30,
    "a long condition": "{% if a" + " and a" * 3000 + " %}x{% endif %}",
    "brackets in brackets": "{{ a" + "[b" * 3000 + "]" * 3000 + " }}",
    "outputs that never end": "{{" * 10_000,
    "tags that never end": "{%" * 10_000,
    "raw that never ends": "{% raw %}" * 2000,
    "a wide gap": "{{" + " " * 19_000 + "}}",
    "a time beyond time": "{{ '" + "1" * 60 + "' | date: '%Y' }}",
    "a long date": "{{ long | date: long }}",
    "nothing to divide by": "{{ 5 | divided_by: 0 }}",
    "another template": "{% include 'a' %}",
    "a file": "{% render '/etc/passwd' %}",
    "an unknown filter": "{{ a | eval }}",
    "a wrong argument": "{{ 'a' | slice }}",
}


@pytest.mark.parametrize("template", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_template_ends_with_a_reason(template: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(template, {"long": "x" * 50_000, "a": 1})
    assert caught.value.message.endswith(".")
    assert len(caught.value.message) < 300


def test_the_limits_leave_room_for_what_is_usual() -> None:
    many = {"items": [{"text": "文" * 100} for _ in range(500)]}
    text = render("{% for i in items %}{{ forloop.index }}. {{ i.text | upcase }}\n{% endfor %}", many)
    assert len(text) > 50_000
    assert MOST_WORK > 10 * LONGEST_OUTPUT


def test_names_that_a_template_takes_from_outside() -> None:
    template = "{{ a.b }}{% for x in ys %}{{ x }}{{ z | append: q }}{% endfor %}{% assign w = 1 %}{{ w }}"
    assert used_names(template) == {"a", "ys", "z", "q"}


PIECES = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{% if a %}", "{% endif %}", "{% for a in b %}", "{% endfor %}", "a", "|", " ",
     "\n", "'", "(1..3)", "append: ", "{% raw %}", "{% endraw %}", "{% assign a = ", "{% liquid", "b.c[0]",
     "#", "-", "文"]
)  # fmt: skip


@given(
    st.lists(PIECES, max_size=25).map("".join),
    st.dictionaries(st.sampled_from("abc"), st.integers() | st.text()),
)
def test_nothing_but_a_reason_comes_of_a_bad_template(template: str, variables: dict[str, Any]) -> None:
    for use in (lambda: render(template, variables), lambda: used_names(template)):
        with suppress(TemplateError):
            assert use() is not None


DOUBLED = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(40)}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ([], ()),
        ({"type": "array"}, ("type",)),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, ("$schema",)),
        ({"$schema": 5}, ("$schema",)),
        ({"properties": {"a": {"type": "text"}}}, ("properties", "a", "type")),
        ({"properties": {"a": {"pattern": "("}}}, ("properties", "a", "pattern")),
        ({"properties": {"a": {"pattern": "x" * 501}}}, ("properties", "a", "pattern")),
        ({"properties": {"a": {"$ref": "https://example.com/a"}}}, ("properties", "a", "$ref")),
        ({"$id": "https://example.com/a"}, ("$id",)),
        ({"unevaluatedProperties": False}, ("unevaluatedProperties",)),
        ({"description": "x" * 70_000}, ()),
        ({"default": 2**70}, ()),
    ],
)
def test_what_is_no_schema_is_told_with_its_place(schema: Any, path: tuple[str, ...]) -> None:
    (fault,) = schema_faults(schema)
    assert fault.path == path
    assert fault.message.endswith(".")


@pytest.mark.parametrize(
    ("schema", "value", "paths"),
    [
        ({"required": ["a"]}, {"a": 1}, []),
        ({"required": ["a", "b"]}, {}, [(), ()]),
        ({"properties": {"a": {"type": "integer"}}}, {"a": "x"}, [("a",)]),
        ({"properties": {"a": {"items": {"maximum": 3}}}}, {"a": [1, 5, 2, 7]}, [("a", "1"), ("a", "3")]),
        ({"properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": "a" * 60 + "!"}, [("a",)]),
        ({"patternProperties": {"^x": {"type": "string"}}}, {"x1": 1, "y": 1}, [("x1",)]),
        ({"properties": {"a": {"uniqueItems": True}}}, {"a": [1, 1.0]}, [("a",)]),
        ({"properties": {"a": {"uniqueItems": True}}}, {"a": [1, True, "1"]}, []),
        ({"$ref": "#"}, {}, [()]),
        ({"$ref": "#/$defs/none"}, {}, [()]),
        ({"$defs": {**DOUBLED, "a40": {}}, "$ref": "#/$defs/a0"}, {}, [()]),
        ({}, {"a": "x" * 70_000}, [()]),
        ({}, {"a": 2**70}, [()]),
    ],
)
def test_values_that_a_schema_refuses_are_told_with_their_place(
    schema: Any, value: Any, paths: list[tuple[str, ...]]
) -> None:
    assert schema_faults(schema) == []
    assert [fault.path for fault in value_faults(schema, value)] == paths

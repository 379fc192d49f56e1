"""Descriptions that are put together say what a person would say."""

import re
from collections.abc import Iterator

import pytest
from graphql import GraphQLNamedType, is_enum_type

from api.writing.declarations import WRITABLES
from tests.api.writing.places import SCHEMA

# What begins with a vowel on paper and not in the mouth, or the other way round.
SPOKEN_AS_CONSONANT = ("one", "once", "uni", "use", "usa", "user", "uuid", "URL", "UUID", "UTC")
SPOKEN_AS_WORDS = ("JSON", "NULL", "NUL")
ARTICLE = re.compile(r"\b(an?) (\w+)", re.IGNORECASE)


def descriptions() -> Iterator[str]:
    for kind in SCHEMA._schema.type_map.values():
        yield from texts(kind)


def texts(kind: GraphQLNamedType) -> Iterator[str]:
    yield kind.description or ""
    members = kind.values if is_enum_type(kind) else getattr(kind, "fields", {})
    for member in members.values():
        yield member.description or ""
        for argument in getattr(member, "args", {}).values():
            yield argument.description or ""


def begins_with_vowel(word: str) -> bool:
    if word.startswith(SPOKEN_AS_CONSONANT):
        return False
    # What is spelled begins with the name of its first letter.
    spelled = word.isupper() and len(word) > 1 and word not in SPOKEN_AS_WORDS
    return word[0] in "AEFHILMNORSX" if spelled else word[0].lower() in "aeiou" or word.startswith("hour")


def test_articles_fit_what_they_stand_before() -> None:
    wrong = set()
    for text in descriptions():
        for article, word in ARTICLE.findall(re.sub(r"`[^`]*`", "", text)):
            spelled = word.isupper() and len(word) > 1 and word not in ("JSON", "UUID", "NULL", "NUL")
            vowel = word[0] in "AEFHILMNORSX" if spelled else word[0].lower() in "aeiou"
            vowel = (vowel and not word.startswith(SPOKEN_AS_CONSONANT)) or word.startswith(
                ("hour", "honest")
            )
            if (article.lower() == "an") is not vowel:
                wrong.add(f"{article} {word}: {text}")
    assert wrong == set()


def test_abbreviations_are_written_as_such() -> None:
    found = {text for text in descriptions() if re.search(r"(?<![`\w./])(llm|sql|api) \w", text)}
    assert found == set()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Agent", "an agent"),
        ("LlmCall", "an LLM call"),
        ("SqlQuery", "an SQL query"),
        ("ApiKey", "an API key"),
        ("User", "a user"),
        ("UserPreferences", "the user preferences"),
        ("IntentAnalysis", "an intent analysis"),
    ],
)
def test_what_people_call_it(name: str, words: str) -> None:
    (writable,) = [each for each in WRITABLES.values() if each.mirror.name == name]
    assert f"{writable.article} {writable.words}" == words

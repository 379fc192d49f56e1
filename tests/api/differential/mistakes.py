"""Root fields that are refused, as clients get them wrong."""

from typing import Final

MISTAKES: Final = (
    "wrong: sessions(first: -1) { totalCount }",
    "wrong: sessions(first: 101) { nodes { id } }",
    "wrong: sessions(last: 2147483648) { nodes { id } }",
    'wrong: sessions(after: "nonsense") { nodes { id } }',
    'wrong: sessions(before: "") { nodes { id } }',
    'wrong: sessions(after: "WyJhIl0=") { nodes { id } }',
    "wrong: sessions(where: { title: null }) { nodes { id } }",
    "wrong: sessions(where: { title: { eq: null } }) { nodes { id } }",
    'wrong: sessions(where: { title: { eq: "\\u0000" } }) { nodes { id } }',
    'wrong: sessions(where: { createdAt: { gt: "yesterday" } }) { nodes { id } }',
    "wrong: sessions(where: {not: {not: {not: {not: {not: {not: {not: {}}}}}}}}) { totalCount }",
    'wrong: sessions(where: { id: { eq: "garbage" } }) { totalCount }',
    "wrong: sessions(orderBy: [{ field: COLOUR }]) { nodes { id } }",
    "wrong: sessions(where: { colour: { eq: 1 } }) { nodes { id } }",
    "wrong: sessions { colour }",
    "wrong: colours { id }",
    "wrong: user { id }",
    'wrong: user(id: "a", by: { login: "mei" }) { id }',
    'wrong: user(by: { login: "mei", email: "mei@example.com" }) { id }',
    "wrong: viewer { sessions(first: -1) { totalCount } }",
    "wrong: users(first: 2) { nodes { id sessions(last: 101) { totalCount } } }",
    'wrong: users(first: 2) { nodes { sessions(after: "nonsense") { totalCount } } }',
    "wrong: sessions(first: 1, first: 2) { totalCount }",
    'wrong: sessions(first: "1") { totalCount }',
    "wrong: nodes(ids: [null]) { id }",
    "wrong: node { id }",
    "wrong: sessions(first: $nowhere) { totalCount }",
    "...Nowhere",
    "wrong: sessions { nodes { id @skip } }",
    "wrong: sessions { nodes }",
    "wrong: sessions { totalCount { id } }",
)
"""Each is one selection of the query."""

"""The model that comes with the extra `local`: it knows that two languages say the same."""

from api.embeddings.providers import Embedders, Kind
from tests.api.embeddings.conftest import Row

LOCAL = Row(name="use", provider="local", dimensions=512)


async def test_it_crosses_languages() -> None:
    passages = [
        "The backup of the database runs every night.",
        "Cats sleep most of the day.",
        "The invoice is due within thirty days.",
    ]
    async with Embedders({}) as embedders:
        made = await embedders.of(LOCAL).embed(passages, Kind.DOCUMENT)
        question = await embedders.question(LOCAL, "数据库什么时候备份？")
    likeness = [float(question @ vector) for vector in made]
    assert likeness.index(max(likeness)) == 0
    assert [vector.shape for vector in made] == [(512,)] * 3

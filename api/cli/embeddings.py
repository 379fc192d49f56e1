"""`atrium embeddings`: the models by which everything is found, for whoever runs the server."""

from typing import Annotated

import orjson
import typer
from rich.table import Table

from api.cli.exits import ExitCode
from api.cli.support import database, load, run, target
from api.cli.terminal import complain, note, show
from api.embeddings.local import LOCAL_MODELS
from api.embeddings.models import settings_of
from api.embeddings.providers import Embedders, EmbeddingFailed, Kind
from api.settings import ApiSettings
from db.models import Distance
from db.store.audit import Actor, record
from db.store.embedding_models import Listed, add_model, list_models, model_named
from db.store.preparation.adoption import adopt, drop_vectors, vectors_missing
from db.store.preparation.vectors import Model, model_of

app = typer.Typer(
    no_args_is_help=True,
    help="Add and list embedding models, and change the one by which everything is found.",
    epilog="**Examples**\n\n"
    "atrium embeddings add use-multilingual --provider local\n\n"
    "atrium embeddings add text-embedding-3-small --provider openai --dimensions 1536\n\n"
    "atrium embeddings adopt text-embedding-3-small — vectors are made beside the present ones",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the model.")]
_PAGE = 2_000
_OPERATOR = Actor()


@app.command("list")
def list_all() -> None:
    """List the models, with how many vectors there are of each."""

    async def work() -> tuple[list[Listed], dict[str, int]]:
        async with database(where.url, patient=True) as opened, opened.read() as connection:
            models = await list_models(connection)
            missing = {
                each.name: await vectors_missing(connection, each.id) for each in models if each.is_next
            }
            return models, missing

    with target() as where:
        models, missing = run(work())
    table = Table("Model", "Provider", "Dimensions", "Vectors", "")
    for each in models:
        state = "default" if each.is_default else ""
        if each.is_next:
            state = f"next: {missing[each.name]:,} vectors are missing"
        table.add_row(each.name, each.provider, str(each.dimensions), f"{each.vectors:,}", state)
    show(table)


@app.command()
def add(
    name: Name,
    provider: Annotated[
        str, typer.Option(help="`local`, `local-quality`, or a name of ATRIUM_EMBEDDING_PROVIDERS.")
    ],
    dimensions: Annotated[
        int | None, typer.Option(help="Numbers in each vector; known of the local ones.", min=1, max=16_000)
    ] = None,
    distance: Annotated[
        str, typer.Option(help=f"One of {', '.join(each.value for each in Distance)}.")
    ] = Distance.COSINE.value,
    settings: Annotated[
        str, typer.Option(help="How it is called, as JSON: `model`, `query_prefix`, `document_prefix` …")
    ] = "{}",
) -> None:
    """Add a model, and try it. The first one is used at once, others when they are adopted."""
    known = LOCAL_MODELS.get(provider)
    if known is not None:
        dimensions = known.dimensions
    try:
        said = orjson.loads(settings)
        measure = next(each for each in Distance if each.value == distance)
        settings_of(said)
    except (orjson.JSONDecodeError, StopIteration, EmbeddingFailed):
        complain("--settings is no JSON object of a model's settings, or --distance is none of the three.")
        raise typer.Exit(ExitCode.USAGE) from None
    if dimensions is None:
        complain("Say how many numbers its vectors have: --dimensions.")
        raise typer.Exit(ExitCode.USAGE)
    api = load(ApiSettings)

    async def work(size: int) -> bool:
        async with database(where.url) as opened:
            async with opened.transaction() as session:
                key = await add_model(session, name, provider, size, measure, said)
                await record(session, _OPERATOR, "embedding_model.create", "embedding_model", key)
                model = await model_of(session, key)
            await _try(api, model)
            async with opened.read() as connection:
                alone = not any(each.is_default for each in await list_models(connection))
            if alone:
                async with opened.transaction() as session:
                    await adopt(session, key)
                    await record(session, _OPERATOR, "embedding_model.adopt", "embedding_model", key)
            return alone

    with target() as where:
        used = run(work(dimensions))
        note(
            f"{name} is there"
            + (", and everything is found by it." if used else f": atrium embeddings adopt {name} uses it.")
        )


@app.command("adopt")
def adopt_model(name: Name) -> None:
    """Let everything be found by another model, as soon as everything has vectors of it.

    They are made in the background, by `atrium serve` or `atrium jobs`. To name the present model calls it
    off.
    """

    async def work() -> bool:
        async with database(where.url) as opened, opened.transaction() as session:
            key = await model_named(session, name)
            adopted = await adopt(session, key)
            await record(
                session,
                _OPERATOR,
                "embedding_model.adopt",
                "embedding_model",
                key,
                adopted=adopted,
            )
            return adopted

    with target() as where:
        if run(work()):
            note(f"Everything is found by {name}.")
        else:
            note(f"{name} takes over when everything has its vectors: atrium embeddings list tells how far.")


@app.command()
def drop(name: Name) -> None:
    """Delete the vectors of a model by which nothing is found any longer."""

    async def work() -> int:
        total = 0
        async with database(where.url, patient=True) as opened:
            while True:
                async with opened.transaction() as session:
                    gone = await drop_vectors(session, await model_named(session, name), _PAGE)
                total += gone
                if gone < _PAGE:
                    return total

    with target() as where:
        note(f"{run(work()):,} vectors are deleted.")


async def _try(settings: ApiSettings, model: Model) -> None:
    async with Embedders(settings.embedding_providers) as embedders:
        try:
            await embedders.of(model).embed(["Hello, 世界."], Kind.QUERY)
        except EmbeddingFailed as fault:
            note(f"It does not work yet: {fault.message}")

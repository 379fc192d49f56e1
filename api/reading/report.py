"""`extensions.reading`: which path answered and what it took, where the server runs with --debug-reading."""

from typing import Any

from strawberry.extensions import SchemaExtension

from api.reading.path import Answer


def of_statement(answer: Answer) -> dict[str, Any]:
    """What one statement took, or none."""
    return _report(
        "statement", answer.statements, answer.database_milliseconds, plan_cache_hit=answer.plan_cache_hit
    )


class LoaderReport(SchemaExtension):
    """Tells what the loader path took, for contexts that ask it."""

    def get_results(self) -> dict[str, Any]:
        """The members that this operation adds to `extensions`."""
        context = self.execution_context.context
        if not getattr(context, "debug_reading", False):
            return {}
        loaders = context.loaders
        return _report("loaders", loaders.statements, loaders.database_milliseconds, plan_cache_hit=False)


def _report(path: str, statements: int, milliseconds: float, *, plan_cache_hit: bool) -> dict[str, Any]:
    return {
        "reading": {
            "path": path,
            "statements": statements,
            "databaseMilliseconds": round(milliseconds, 3),
            "planCacheHit": plan_cache_hit,
        }
    }

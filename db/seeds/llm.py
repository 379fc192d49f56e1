"""What language models cost and how fast they answer, for figures that look like those of a real service."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Model:
    """Who runs a model; US dollars a million tokens in and out; tokens a second."""

    provider: str
    prompt_price: Decimal
    completion_price: Decimal
    speed: int

    def cost(self, prompt: int, completion: int, cached: int = 0) -> Decimal:
        """US dollars for one call; tokens of the prompt that came from a cache cost a tenth."""
        paid = prompt - cached + Decimal(cached) / 10
        whole = paid * self.prompt_price + completion * self.completion_price
        return (whole / _MILLION).quantize(Decimal("0.00000001"))


MODELS: Final = {
    "gpt-4o": Model("openai", Decimal("2.5"), Decimal(10), 90),
    "gpt-4o-mini": Model("openai", Decimal("0.15"), Decimal("0.6"), 120),
    "claude-sonnet-4-5": Model("anthropic", Decimal(3), Decimal(15), 75),
    "claude-haiku-4-5": Model("anthropic", Decimal(1), Decimal(5), 140),
    "gemini-2.5-flash": Model("google", Decimal("0.3"), Decimal("2.5"), 180),
    "deepseek-chat": Model("deepseek", Decimal("0.28"), Decimal("0.42"), 55),
    "qwen2.5-14b": Model("ollama", Decimal(0), Decimal(0), 28),
}


def tokens(text: str) -> int:
    """About how many tokens a text has: one a Chinese character, one for four others."""
    wide = sum(1 for character in text if character >= "\u2e80")
    return max(1, wide + (len(text) - wide + 3) // 4)

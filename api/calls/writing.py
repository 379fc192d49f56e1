"""What may be written of calls to tools and to language models."""

from api.writing.declarations import writable
from db import models

writable(
    models.ToolCall,
    once="session_id message_id execution_id tool_name tool_type server_name arguments",
    change="result result_text status error_message duration_ms meta",
    bulk=True,
)
writable(
    models.LlmCall,
    once="session_id message_id execution_id provider model endpoint request",
    change=(
        "response status http_status error_message prompt_tokens completion_tokens cached_tokens total_tokens"
        " cost_usd latency_ms meta"
    ),
    bulk=True,
)

"""What may be written of runs of code: whoever runs it reports by these."""

from api.writing.declarations import writable
from db import models

writable(
    models.CodeExecution,
    once="agent_id execution_id language code",
    change=(
        "status container_id container_ip stdout stderr exit_code duration_ms memory_used_mb"
        " cpu_usage_percent security_score security_issues started_at finished_at meta"
    ),
)

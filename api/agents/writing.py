"""What may be written of agents."""

from api.writing.declarations import writable
from db import models

writable(
    models.Agent,
    change="name description status personality_id settings meta",
    parts=(models.Agent.plugins,),
)
writable(
    models.AgentPlugin,
    once="agent_id plugin_type",
    change="name config is_enabled order_index",
)

"""Agents and their plugins."""

from datetime import datetime

from api.core.mirror import mirror, to_many, to_one
from api.core.nodes import Node
from db import models
from db.columns import Json


@mirror(models.Agent)
class Agent(Node):
    name: str
    description: str | None
    status: models.AgentStatus
    settings: Json
    version: int
    meta: Json
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Agent.user)
    personality = to_one(models.Agent.personality)
    plugins = to_many(models.Agent.plugins)
    executions = to_many(models.Agent.executions)
    sessions = to_many(models.Agent.sessions)
    code_executions = to_many(models.Agent.code_executions)


@mirror(models.AgentPlugin)
class AgentPlugin(Node):
    name: str
    plugin_type: models.PluginType
    config: Json
    is_enabled: bool
    order_index: int
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.AgentPlugin.user)
    agent = to_one(models.AgentPlugin.agent)

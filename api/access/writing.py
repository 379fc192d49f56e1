"""What may be written of API keys: all else is done by `createApiKey` and `revokeApiKey`."""

from api.writing.declarations import writable
from db import models

writable(models.ApiKey, change="name description", leave_out="create delete")

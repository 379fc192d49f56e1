"""Files over HTTP, beside GraphQL."""

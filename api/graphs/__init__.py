"""Workflows as graphs: read, checked, planned and walked. No database and no viewer is known here."""

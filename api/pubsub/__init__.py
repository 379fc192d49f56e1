"""From news of changed rows to those who follow them: what was read is shared, and nothing is skipped."""

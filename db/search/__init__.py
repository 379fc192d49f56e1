"""Search: texts and vectors found by what they say, in statements that the policy limits."""

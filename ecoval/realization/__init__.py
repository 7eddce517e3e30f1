"""Uses of results that the policy names; each takes tables and gives tables."""

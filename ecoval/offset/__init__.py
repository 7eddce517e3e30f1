"""Offset balance (生态占补平衡): what a project or plan loses, what makes up for it, and whether it balances."""

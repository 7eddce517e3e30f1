"""What land gives, what it would give changed, and what a project therefore loses - by model or by density."""

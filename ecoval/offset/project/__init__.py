"""From project.toml or plan.toml to an assessment: declared, validated, opened, staged, chosen, judged, written."""

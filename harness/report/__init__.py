"""Reports: what a run found, as JSON (`results`) and as markdown (`markdown`). Markdown is made from the JSON alone."""

"""Speed and memory of a generated project, beside its peers."""

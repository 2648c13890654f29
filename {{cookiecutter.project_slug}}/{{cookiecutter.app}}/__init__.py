"""A page whose visitors talk to each other."""

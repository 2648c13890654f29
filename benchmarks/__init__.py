"""How fast a generated project is, side by side with its peers."""

"""A page on which visitors send each other messages."""

"""Users, and how they log in."""

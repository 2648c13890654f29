"""The project: its settings, its entry point and what all of its apps share."""

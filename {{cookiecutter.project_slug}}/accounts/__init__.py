"""Users and their logins."""

"""The form to log in."""

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from .throttling import WINDOW, attempt, too_many


class LoginForm(AuthenticationForm):
    """Says so when there were too many attempts."""

    def get_invalid_login_error(self) -> ValidationError:
        """Return why nobody is logged in."""
        if too_many(attempt(self.request, self.cleaned_data["username"])):
            minutes = WINDOW.seconds // 60
            return ValidationError(f"Too many attempts. Try again in {minutes} minutes.")
        return super().get_invalid_login_error()

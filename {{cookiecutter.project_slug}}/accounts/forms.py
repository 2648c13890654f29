"""Login form."""

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from .throttling import attempt, is_throttled, too_many_attempts


class LoginForm(AuthenticationForm):
    """Login form that reports too many attempts."""

    def get_invalid_login_error(self) -> ValidationError:
        """Return the error that the form shows after a failed login."""
        if is_throttled(attempt(self.request, self.cleaned_data["username"])):
            return too_many_attempts()
        return super().get_invalid_login_error()

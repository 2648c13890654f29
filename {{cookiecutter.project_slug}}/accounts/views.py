"""Password reset."""

from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.views import PasswordResetView
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from .throttling import attempt, count, too_many_attempts


class ThrottledPasswordResetView(PasswordResetView):
    """Django's view, but no mail is sent after too many requests."""

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Send the mail, or report too many attempts."""
        try:
            # Counted separately from logins, where the address may be a username.
            count(attempt(self.request, f"reset {form.cleaned_data['email']}"))
        except PermissionDenied:
            form.add_error(None, too_many_attempts())
            return self.form_invalid(form)
        return super().form_valid(form)

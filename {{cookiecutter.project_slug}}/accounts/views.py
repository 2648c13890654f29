"""Password reset."""

from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.views import PasswordResetView
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from .throttling import attempt, count, too_many_attempts


class ThrottledPasswordResetView(PasswordResetView):
    """Django's view, which sends no mail after too many requests."""

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Send the mail, or report too many attempts."""
        try:
            # Not counted as a login, where the address may be a user's name.
            count(attempt(self.request, f"reset {form.cleaned_data['email']}"))
        except PermissionDenied:
            form.add_error(None, too_many_attempts())
            return self.form_invalid(form)
        return super().form_valid(form)

"""URLs of the app, with the names that Django uses."""

from django.conf import settings
from django.contrib.auth import views
from django.urls import path
from django.utils.translation import gettext_lazy as _

from .forms import LoginForm
from .views import ThrottledPasswordResetView

# Templates with Django's names would replace those of the admin too.
FORM = "registration/form.html"

urlpatterns = [
    path(
        "login/",
        views.LoginView.as_view(
            authentication_form=LoginForm, extra_context={"title": _("Log in")}
        ),
        name="login",
    ),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path(
        "password_change/",
        views.PasswordChangeView.as_view(template_name=FORM),
        name="password_change",
    ),
    path(
        "password_change/done/",
        views.PasswordChangeDoneView.as_view(template_name=FORM),
        name="password_change_done",
    ),
]

# If no mail can be sent, there is no password reset and no link to it.
{% if cookiecutter.django == '5.2' %}
if settings.EMAIL_HOST or not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
{% else %}
if settings.MAILERS:
{% endif %}
    urlpatterns += [
        path("password_reset/", ThrottledPasswordResetView.as_view(), name="password_reset"),
        path(
            "password_reset/done/",
            views.PasswordResetDoneView.as_view(),
            name="password_reset_done",
        ),
        path(
            "reset/<uidb64>/<token>/",
            views.PasswordResetConfirmView.as_view(),
            name="password_reset_confirm",
        ),
        path(
            "reset/done/",
            views.PasswordResetCompleteView.as_view(template_name=FORM),
            name="password_reset_complete",
        ),
    ]

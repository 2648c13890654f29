"""Which view of this app serves which path."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from .forms import LoginForm

urlpatterns = [
    path("login/", LoginView.as_view(authentication_form=LoginForm), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]

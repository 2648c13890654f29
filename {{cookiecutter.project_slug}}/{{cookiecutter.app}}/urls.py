"""URLs of the app."""

from django.urls import path

from .views import index

urlpatterns = [path("", index, name="{{ cookiecutter.app }}")]

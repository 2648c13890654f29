"""URLs of the project."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("{{ cookiecutter.app }}.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    # In development only. Unlike MEDIA_URL, without the prefix of FORCE_SCRIPT_NAME.
    *static("/media/", document_root=settings.MEDIA_ROOT),
]

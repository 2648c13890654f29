from django.urls import path

from . import views

urlpatterns = [
    path("<int:pk>/", views.room, name="room"),
    path("upload/", views.upload, name="upload"),
]

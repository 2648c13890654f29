from functools import partial

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.db import transaction

from realtime.send import send_to_group

from .models import Message, Room

admin.site.register(Message)


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    list_display = ["name", "closed"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        frame = {"type": "renamed", "name": obj.name}
        transaction.on_commit(partial(async_to_sync(send_to_group), f"room.{obj.pk}", frame))

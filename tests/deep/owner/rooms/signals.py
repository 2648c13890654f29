from functools import partial

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from realtime.send import send_to_user

from .models import Invitation


@receiver(post_save, sender=Invitation)
def notify(instance, created, **kwargs):
    if created:
        frame = {"type": "invited", "room": instance.room.name}
        transaction.on_commit(partial(async_to_sync(send_to_user), instance.user, frame))

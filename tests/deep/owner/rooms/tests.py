import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from realtime.testing import Client

from .models import Invitation, Room

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(name):
    user, _ = get_user_model().objects.get_or_create(
        username=name, is_staff=True, is_superuser=True
    )
    browser = Browser()
    browser.force_login(user)
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    return user, browser, {"cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}


@pytest.fixture
def room():
    return Room.objects.create(name="tea")


@pytest.fixture
def path(room):
    return f"/ws/rooms/{room.pk}/"


@pytest.fixture
def ada():
    return log_in("ada")


@pytest.fixture
def bob():
    return log_in("bob")


async def test_room_has_a_history(path, ada, bob):
    async with Client(path, headers=ada[2]) as first:
        await first.ask('{"type": "say", "text": "hi"}')
    async with Client(path, headers=bob[2]) as second:
        assert await second.receive_json() == {"type": "said", "author": "ada", "text": "hi"}


async def test_guests_log_in_first(path):
    async with Client(path) as guest:
        assert await guest.receive_close() == 4401


async def test_closed_room_is_refused(room, path, ada):
    room.closed = True
    await room.asave()
    async with Client(path, headers=ada[2]) as client:
        assert await client.receive_close() == 4403


async def test_everyone_but_the_sender_sees_who_types(path, ada, bob):
    async with Client(path, headers=ada[2]) as first, Client(path, headers=bob[2]) as second:
        await first.send_json({"type": "typing"})
        assert await second.receive_json() == {"type": "typing", "user": "ada"}
        assert (await first.ask('{"type": "ping"}'))["type"] == "pong"


async def test_invited_user_is_notified(room, path, ada):
    async with Client(path, headers=ada[2]) as client:
        await Invitation.objects.acreate(room=room, user=ada[0])
        assert await client.receive_json() == {"type": "invited", "room": "tea"}


async def test_save_in_the_admin_reaches_the_room(room, path, ada):
    async with Client(path, headers=ada[2]) as client:
        url, form = f"/admin/rooms/room/{room.pk}/change/", {"name": "coffee"}
        assert (await sync_to_async(ada[1].post)(url, form)).status_code == 302
        assert await client.receive_json() == {"type": "renamed", "name": "coffee"}


async def test_upload_reports_its_progress(path, ada):
    async with Client(path, headers=ada[2]) as client:
        form = {"file": SimpleUploadedFile("a.bin", bytes(3_000_000))}
        await sync_to_async(ada[1].post)("/rooms/upload/", form)
        percents = [(await client.receive_json())["percent"] for _ in range(3)]
    assert percents == [33, 66, 100]

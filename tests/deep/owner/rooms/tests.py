from asyncio import gather
from contextlib import AsyncExitStack

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile

from realtime.testing import Client

from .models import Invitation, Room

pytestmark = pytest.mark.django_db(transaction=True)


def make_user(name):
    return get_user_model().objects.create_superuser(name)


@pytest.fixture
def room():
    return Room.objects.create(name="tea")


@pytest.fixture
def path(room):
    return f"/ws/rooms/{room.pk}/"


@pytest.fixture
def ada():
    return make_user("ada")


@pytest.fixture
def bob():
    return make_user("bob")


async def test_room_has_a_history(path, ada, bob):
    async with Client(path, user=ada) as first:
        await first.ask('{"type": "say", "text": "hi"}')
    async with Client(path, user=bob) as second:
        assert await second.receive_json() == {"type": "said", "author": "ada", "text": "hi"}


async def test_forty_consumers_write_at_once(ada):
    rooms = [await Room.objects.acreate(name=f"room {number}") for number in range(40)]
    async with AsyncExitStack() as stack:
        paths = [f"/ws/rooms/{room.pk}/" for room in rooms]
        clients = [await stack.enter_async_context(Client(path, user=ada)) for path in paths]
        said = await gather(*(client.ask({"type": "say", "text": "hi"}) for client in clients))
    assert said == [{"type": "said", "author": "ada", "text": "hi"}] * 40


async def test_guests_log_in_first(path):
    async with Client(path) as guest:
        assert await guest.receive_close() == 4401


async def test_closed_room_is_refused(room, path, ada):
    room.closed = True
    await room.asave()
    async with Client(path, user=ada) as client:
        assert await client.receive_close() == 4403


async def test_everyone_but_the_sender_sees_who_types(path, ada, bob):
    async with Client(path, user=ada) as first, Client(path, user=bob) as second:
        await first.send_json({"type": "typing"})
        assert await second.receive_json() == {"type": "typing", "user": "ada"}
        assert (await first.ask('{"type": "ping"}'))["type"] == "pong"


async def test_invited_user_is_notified(room, path, ada):
    async with Client(path, user=ada) as client:
        await Invitation.objects.acreate(room=room, user=ada)
        assert await client.receive_json() == {"type": "invited", "room": "tea"}


async def test_save_in_the_admin_reaches_the_room(room, path, ada, client):
    await sync_to_async(client.force_login)(ada)
    async with Client(path, user=ada) as socket:
        url, form = f"/admin/rooms/room/{room.pk}/change/", {"name": "coffee"}
        assert (await sync_to_async(client.post)(url, form)).status_code == 302
        assert await socket.receive_json() == {"type": "renamed", "name": "coffee"}


async def test_upload_reports_its_progress(path, ada, client):
    await sync_to_async(client.force_login)(ada)
    async with Client(path, user=ada) as socket:
        form = {"file": SimpleUploadedFile("a.bin", bytes(3_000_000))}
        await sync_to_async(client.post)("/rooms/upload/", form)
        percents = [(await socket.receive_json())["percent"] for _ in range(3)]
    assert percents == [33, 66, 100]

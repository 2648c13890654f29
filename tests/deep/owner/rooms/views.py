from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from realtime.send import send_to_user

from .models import Room


@login_required
def room(request, pk):
    return render(request, "rooms/room.html", {"room": get_object_or_404(Room, pk=pk)})


@require_POST
@login_required
def upload(request):
    file = request.FILES["file"]
    done = 0
    for chunk in file.chunks(1_000_000):
        done += len(chunk)
        percent = 100 * done // file.size
        async_to_sync(send_to_user)(request.user, {"type": "progress", "percent": percent})
    return JsonResponse({"size": done})

"""Tests of logins, passwords and throttling."""

import re
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.conf import LazySettings
from django.contrib.auth import aauthenticate, authenticate
from django.core.mail import EmailMessage
from django.test import Client, RequestFactory
from django.utils import timezone

from ..devices import COOKIE, device_of
from ..models import LoginAttempt, User
from ..throttling import LIMITS, WINDOW

PASSWORD = "lovelace"
NEW = "analytical engine"


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the limits, so that a few attempts reach them."""
    for kind, limit in (("both", 2), ("network", 4), ("name", 6)):
        monkeypatch.setitem(LIMITS, kind, limit)


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada", "ada@example.com", PASSWORD)


def log_in(client: Client, password: str = PASSWORD, address: str = "192.0.2.1") -> str:
    """Return the page that a login leads to."""
    fields = {"username": "ada", "password": password}
    return client.post("/accounts/login/", fields, follow=True, REMOTE_ADDR=address).text


@pytest.mark.django_db
def test_login_and_logout(client: Client, user: User) -> None:
    assert user.get_username() in log_in(client)
    client.post("/accounts/logout/")
    assert user.get_username() not in client.get("/").text


@pytest.mark.django_db
@pytest.mark.usefixtures("user")
def test_repeated_failures_are_throttled(client: Client) -> None:
    for _ in range(LIMITS["both"] - 1):
        assert "Too many" not in log_in(client, "guess")
    assert "Too many attempts. Try again in 5 minutes." in log_in(client, "guess")
    # The right password is now refused from there, but not from elsewhere.
    assert "Too many" in log_in(client)
    assert "Log out" in log_in(client, address="192.0.2.2")


@pytest.mark.django_db
@pytest.mark.usefixtures("user")
def test_admin_logins_are_throttled_too(client: Client) -> None:
    fields = {"username": "ada", "password": "guess"}
    for _ in range(LIMITS["both"]):
        client.post("/admin/login/", fields)
    assert "Too many" in log_in(client, address="127.0.0.1")


@pytest.mark.django_db
@pytest.mark.usefixtures("user")
def test_throttling_ends(client: Client) -> None:
    for _ in range(LIMITS["both"]):
        log_in(client, "guess")
    LoginAttempt.objects.update(at=timezone.now() - WINDOW)
    assert "Log out" in log_in(client)
    assert not LoginAttempt.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["name", "network"])
def test_guesses_from_many_networks_or_for_many_names_are_counted(user: User, limit: str) -> None:
    request = RequestFactory().get("/")
    for number in range(LIMITS[limit]):
        request.META["REMOTE_ADDR"] = f"192.0.2.{number if limit == 'name' else 0}"
        name = "ada" if limit == "name" else f"user {number}"
        assert not authenticate(request, username=name, password="guess")
    request.META["REMOTE_ADDR"] = "198.51.100.1" if limit == "name" else "192.0.2.0"
    assert not authenticate(request, username="ada", password=PASSWORD)
    LoginAttempt.objects.all().delete()
    assert authenticate(request, username="ada", password=PASSWORD) == user


@pytest.mark.django_db
def test_async_logins_are_throttled_too() -> None:
    log_in_async = async_to_sync(aauthenticate)
    request = RequestFactory().get("/")
    for _ in range(LIMITS["both"] + 1):
        assert not log_in_async(request, username="ada", password="guess")
    assert LoginAttempt.objects.count() == LIMITS["both"]


@pytest.mark.django_db
@pytest.mark.usefixtures("user")
def test_clients_without_an_address_are_throttled_by_name_only(
    client: Client,
) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="")
    for _ in range(LIMITS["network"]):
        assert not authenticate(request, username="ada", password="guess")
    assert "Log out" in log_in(client, address="")


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/"])
def test_guesses_from_elsewhere_do_not_lock_out_a_known_device(user: User, page: str) -> None:
    user.is_staff = True
    user.save()
    device = Client()
    device.post(page, {"username": "ada", "password": PASSWORD})
    device.post("/accounts/logout/")
    for number in range(LIMITS["name"]):
        request = RequestFactory().get("/", REMOTE_ADDR=f"198.51.100.{number // LIMITS['both']}")
        assert not authenticate(request, username="ada", password="guess")
    assert "Too many" in log_in(Client())
    assert "Log out" in log_in(device)


@pytest.mark.django_db
def test_device_is_throttled_separately(user: User) -> None:
    device = Client()
    log_in(device)
    device.post("/accounts/logout/")
    for number in range(LIMITS["both"]):
        # From any address, as with a stolen cookie.
        assert "Log out" not in log_in(device, "guess", f"192.0.2.{number}")
    assert "Too many" in log_in(device, address="192.0.2.100")
    # The owner can still log in elsewhere, and other users can log in on the device.
    assert "Log out" in log_in(Client())
    User.objects.create_user("bob", password=PASSWORD)
    fields = {"username": "bob", "password": PASSWORD}
    assert "Log out" in device.post("/accounts/login/", fields, follow=True).text


@pytest.mark.django_db
def test_device_cookie_is_bound_to_user_and_password(user: User) -> None:
    User.objects.create_user("bob", password=PASSWORD)
    device = Client()
    log_in(device)
    request = RequestFactory().get("/")
    request.COOKIES = {COOKIE: device.cookies[COOKIE].value}
    assert device_of(request, "ada")
    assert not device_of(request, "bob")
    assert not device_of(request, "nobody")
    request.COOKIES[COOKIE] = f"other{request.COOKIES[COOKIE]}"
    assert not device_of(request, "ada")
    request.COOKIES[COOKIE] = device.cookies[COOKIE].value
    user.set_password(NEW)
    user.save()
    assert not device_of(request, "ada")


@pytest.mark.django_db
@pytest.mark.usefixtures("user")
def test_device_cookie_has_safe_attributes(client: Client, settings: LazySettings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    assert COOKIE not in client.get("/accounts/login/").cookies
    log_in(client, "guess")
    assert COOKIE not in client.cookies
    log_in(client)
    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    assert cookie["max-age"] > timedelta(days=300).total_seconds()


@pytest.mark.django_db
@pytest.mark.usefixtures("user")
def test_password_is_changed(client: Client) -> None:
    log_in(client)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    page = client.post("/accounts/password_change/", fields, follow=True)
    # Still logged in.
    assert "Log out" in page.text
    client.logout()
    assert "Log out" in log_in(client, NEW)


def reset(client: Client, address: str, headers: dict[str, str] | None = None) -> str:
    """Return the page that a request for a new password leads to."""
    fields = {"email": address}
    page = client.post("/accounts/password_reset/", fields, follow=True, headers=headers)
    return re.sub('value="[^"]+"', "", page.text)


@pytest.mark.django_db
def test_forgotten_password_is_reset(
    client: Client, user: User, settings: LazySettings, mailoutbox: list[EmailMessage]
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "www.example.com"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert 'href="/accounts/password_reset/"' in client.get("/accounts/login/").text
    reset(client, user.email, {"host": "www.example.com", "x-forwarded-proto": "https"})
    link = r"^https://www\.example\.com(/\S+)$"
    (path,) = re.findall(link, str(mailoutbox[0].body), re.MULTILINE)
    fields = {"new_password1": NEW, "new_password2": NEW}
    client.post(client.get(path)["location"], fields)
    assert "Log out" in log_in(client, NEW)
    assert "link was invalid" in client.get(path).text


@pytest.mark.django_db
def test_reset_reveals_no_address_and_is_throttled(
    client: Client, user: User, mailoutbox: list[EmailMessage]
) -> None:
    assert reset(client, user.email) == reset(client, "nobody@example.com")
    for _ in range(LIMITS["both"]):
        page = reset(client, user.email)
    assert "Too many attempts" in page
    assert len(mailoutbox) == LIMITS["both"]
    # Logins are counted separately.
    assert "Log out" in log_in(client)

"""Settings, read from the environment and, in development, from the file .env.

.env.example names every variable. See https://docs.djangoproject.com/en/{{ cookiecutter.django }}/ref/settings/.
"""

{% if cookiecutter.database == 'sqlite' %}
import os
{% endif %}
from pathlib import Path
from typing import Any

{% if cookiecutter.django == '5.2' %}
from csp.constants import NONE, SELF
{% else %}
from django.utils.csp import CSP
{% endif %}
from environ import Env

from .environment import database, level, names, number, origins, switch, text
{% if cookiecutter.layer == 'redis' %}
from .redis import redis_host
{% endif %}

BASE_DIR = Path(__file__).resolve().parent.parent

Env.read_env(BASE_DIR / ".env")

DEBUG = switch("DEBUG", default=False)
SECRET_KEY = text("SECRET_KEY", "for-development-only" if DEBUG else "")
ALLOWED_HOSTS = names("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    # Before staticfiles, whose runserver knows no WebSockets.
    "{{ cookiecutter.__package }}",
    "{{ cookiecutter.app }}",
    "accounts",
    "servestatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
{% if cookiecutter.django == '5.2' %}
    "csp",
{% endif %}
]

MIDDLEWARE = [
    # Before the host check and the redirect to HTTPS: a probe knows neither.
    "{{ cookiecutter.__package }}.health.health_middleware",
    "{{ cookiecutter.__package }}.headers.security_headers_middleware",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
{% if cookiecutter.django == '5.2' %}
    "csp.middleware.CSPMiddleware",
{% else %}
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
{% endif %}
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "{{ cookiecutter.__package }}.urls"
ASGI_APPLICATION = "{{ cookiecutter.__package }}.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

{% if cookiecutter.database == 'postgres' %}
DATABASES = {"default": database("DATABASE_URL")}
{% else %}
DATABASES = {
    "default": database("DATABASE_URL")
    if os.environ.get("DATABASE_URL")
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}
}
{% endif %}
# Under ASGI a request may run in any thread, so a persistent connection would be left behind there.
DATABASES["default"]["CONN_MAX_AGE"] = 0
{% if cookiecutter.database == 'sqlite' %}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Who reads does not wait for who writes, and a write does not wait for the disk.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        # A transaction that begins to write waits its turn, where it would otherwise fail.
        "transaction_mode": "IMMEDIATE",
        # Seconds to wait.
        "timeout": 20,
    }
{% endif %}
{% if cookiecutter.django == '5.2' %}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
{% endif %}

{% if cookiecutter.layer == 'redis' %}
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        # Unlike channels_redis.core, it survives a failover of Redis without a client noticing,
        # works with a Cluster, and drops nothing in a burst.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [redis_host(text("REDIS_URL"))]},
    }
}
{% else %}
# Carries messages within one process. The README says how to change to Redis for more than one.
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
        "CONFIG": {
            # Messages that may wait at once; more would be lost without a word.
            "capacity": 10_000,
            # Seconds, here ten years: the process joins a group once, and for good.
            "group_expiry": 315_360_000,
        },
    }
}
{% endif %}

# The longest message that a client may send, in bytes of UTF-8.
WS_MAX_MESSAGE_BYTES = number("WS_MAX_MESSAGE_BYTES", 65_536)
# From one client. As many as a screen has frames: enough for a cursor or a game.
WS_MESSAGES_PER_SECOND = number("WS_MESSAGES_PER_SECOND", 60)
# In one process.
WS_MAX_CONNECTIONS = number("WS_MAX_CONNECTIONS", 10_000)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.throttling.ThrottledBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "{{ cookiecutter.language }}"
TIME_ZONE = "{{ cookiecutter.time_zone }}"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
SERVESTATIC_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "servestatic.storage.CompressedManifestStaticFilesStorage"
    },
}

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
SECURE_SSL_REDIRECT = switch("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_HSTS_SECONDS = number("SECURE_HSTS_SECONDS", 0 if DEBUG else 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = switch("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = switch("SECURE_HSTS_PRELOAD", default=False)
BEHIND_TLS_PROXY = switch("BEHIND_TLS_PROXY", default=False)
if BEHIND_TLS_PROXY:
    # Only a proxy that overwrites the header makes it true: a client may send it too.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # Subdomains and the browsers' preload list concern more than this project: turned on by choice.
    "security.W005",
    "security.W021",
]
{% if cookiecutter.django == '5.2' %}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
{% else %}
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
{% endif %}

METRICS = switch("METRICS", default=False)
if METRICS:
    METRICS_TOKEN = text("METRICS_TOKEN")
    # First, as for health: who collects them knows neither the site's name nor HTTPS.
    MIDDLEWARE.insert(0, "{{ cookiecutter.__package }}.metrics.metrics_middleware")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"identity": {"()": "{{ cookiecutter.__package }}.logs.IdentityFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "{{ cookiecutter.__package }}.logs.ProductionFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["identity"],
            "formatter": "line" if DEBUG else "json",
        }
    },
    "loggers": {
        # Without their own handlers, which would write each line a second time.
        "django": {},
{% if cookiecutter.server == 'uvicorn' %}
        "uvicorn": {"propagate": True},
        # Their lines hold query strings, and those may hold secrets; the proxy has its own log.
        "uvicorn.access": {"propagate": DEBUG},
        "uvicorn.error": {"level": "INFO" if DEBUG else "WARNING"},
{% elif cookiecutter.server == 'granian' %}
        "_granian": {"propagate": True},
{% endif %}
    },
    "root": {"handlers": ["console"], "level": level("LOG_LEVEL", "INFO")},
}

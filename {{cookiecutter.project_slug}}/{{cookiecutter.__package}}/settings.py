"""Settings, read from the environment and, in development, from the file .env.

.env.example names every variable. See https://docs.djangoproject.com/en/{{ cookiecutter.django }}/ref/settings/.
"""

import logging
from pathlib import Path
from typing import Any
{% if cookiecutter.database == 'sqlite' %}
from urllib.parse import quote
{% endif %}

{% if cookiecutter.django == '5.2' %}
from csp.constants import NONE, SELF
{% else %}
from django.utils.csp import CSP
{% endif %}

from ops.environment import PRIVATE_NETWORKS, Environment, network, origin, prefix
from ops.mail import smtp
{% if cookiecutter.database == 'sqlite' %}
from ops.sqlite import PrivateConnection
{% endif %}
{% if cookiecutter.layer == 'redis' %}
from realtime.redis import redis_host
{% endif %}

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "for-development-only") if DEBUG else env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [], subcast=str.strip)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [], subcast=origin)
FORCE_SCRIPT_NAME = prefix(env.str("FORCE_SCRIPT_NAME", ""))

INSTALLED_APPS = [
    "{{ cookiecutter.app }}",
    "accounts",
    # Before staticfiles, whose runserver does not serve WebSockets.
    "realtime",
    "ops",
    "channels",
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
    # Before the host check and the redirect to HTTPS, which probes would fail.
    "ops.health.health_middleware",
    "ops.headers.security_headers_middleware",
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
    "accounts.devices.device_middleware",
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
DATABASES: dict[str, Any] = {"default": env.dj_db_url("DATABASE_URL")}
{% else %}
SQLITE_URL = "sqlite:///" + quote(str(BASE_DIR / "db.sqlite3"))
DATABASES: dict[str, Any] = {"default": env.dj_db_url("DATABASE_URL", SQLITE_URL)}
{% endif %}
# Under ASGI a request may run in any thread, so a persistent connection would be left behind.
DATABASES["default"]["CONN_MAX_AGE"] = 0
{% if cookiecutter.database == 'sqlite' %}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "factory": PrivateConnection,
        # Reads do not wait for writes, and writes do not wait for the disk.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        # A transaction that begins to write waits its turn instead of failing.
        "transaction_mode": "IMMEDIATE",
        # Seconds to wait.
        "timeout": 20,
    }
    # In a file: in memory, SQLite would not let the threads of a test wait for each other.
    DATABASES["default"]["TEST"] = {"NAME": BASE_DIR / "test.sqlite3"}
{% endif %}
{% if cookiecutter.django == '5.2' %}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
{% endif %}

{% if cookiecutter.layer == 'redis' %}
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        # Unlike channels_redis.core, it survives a failover of Redis, works with a Cluster, and
        # drops nothing in a burst.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [redis_host(env.str("REDIS_URL"))],
            # Keeps projects on one Redis apart, whatever their database numbers.
            "prefix": env.str("CHANNEL_PREFIX", "{{ cookiecutter.__package }}"),
        },
    }
}
{% else %}
# Carries messages within one process. docs/production.md describes how to change to Redis.
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "realtime.memory.MemoryChannelLayer",
        "CONFIG": {
            # The most messages that may wait. More would be dropped silently.
            "capacity": 10_000,
            # Seconds, here ten years: a process joins a group once and stays in it.
            "group_expiry": 315_360_000,
        },
    }
}
{% endif %}

# The longest message that a client may send, in bytes.
WS_MAX_MESSAGE_BYTES = env.int("WS_MAX_MESSAGE_BYTES", 65_536)
# From one WebSocket. 60 is one per screen refresh, enough for cursors and games.
WS_MESSAGES_PER_SECOND = env.int("WS_MESSAGES_PER_SECOND", 60)
# From one network, an IPv4 address or the /64 of an IPv6 address, in one process. A message counts
# as at least 512 bytes, so the default allows 128 messages per second.
WS_BYTES_PER_SECOND = env.int("WS_BYTES_PER_SECOND", WS_MAX_MESSAGE_BYTES)
# In one process.
WS_MAX_CONNECTIONS = env.int("WS_MAX_CONNECTIONS", 10_000)
# From one network in one process. An office or a school may be one network.
WS_MAX_CONNECTIONS_PER_NETWORK = env.int("WS_MAX_CONNECTIONS_PER_NETWORK", 2_000)

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
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "{{ cookiecutter.app }}"
LOGOUT_REDIRECT_URL = "{{ cookiecutter.app }}"

# If it is empty, mail is printed in development. In production, sending raises an error, and there
# is no password reset.
EMAIL_URL = env.str("EMAIL_URL", "")
{% if cookiecutter.django == '5.2' %}
MAIL_SERVER = smtp(EMAIL_URL) if EMAIL_URL else {}
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
if DEBUG and not EMAIL_URL:
    EMAIL_BACKEND = "ops.mail.EmailBackend"
EMAIL_HOST = MAIL_SERVER.get("host", "")
EMAIL_PORT = MAIL_SERVER.get("port", 0)
EMAIL_HOST_USER = MAIL_SERVER.get("username", "")
EMAIL_HOST_PASSWORD = MAIL_SERVER.get("password", "")
EMAIL_USE_TLS = MAIL_SERVER.get("use_tls", False)
EMAIL_USE_SSL = MAIL_SERVER.get("use_ssl", False)
EMAIL_TIMEOUT = MAIL_SERVER.get("timeout")
{% else %}
MAILERS: dict[str, Any] = {}
if EMAIL_URL:
    MAILERS["default"] = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": smtp(EMAIL_URL),
    }
elif DEBUG:
    MAILERS["default"] = {"BACKEND": "ops.mail.EmailBackend"}
{% endif %}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", "webmaster@localhost")

LANGUAGE_CODE = "{{ cookiecutter.language }}"
TIME_ZONE = "{{ cookiecutter.time_zone }}"

STATIC_URL = f"{FORCE_SCRIPT_NAME}/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
SERVESTATIC_ALLOW_ALL_ORIGINS = False
# In development, files are served from the apps.
SERVESTATIC_USE_STATIC_ROOT = not DEBUG
# Uploads. In production the proxy serves them: see docs/production.md.
MEDIA_URL = f"{FORCE_SCRIPT_NAME}/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", BASE_DIR / "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "ops.storage.ModuleStaticFilesStorage"
    },
}

SESSION_ENGINE = "ops.sessions"
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", not DEBUG)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 0 if DEBUG else 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", False)
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", False)
if BEHIND_TLS_PROXY:
    # A client may send this header too, so the proxy must overwrite it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# X-Forwarded-For is used only if it comes from these addresses. Other clients could forge it.
PROXY_NETWORKS: list[Any] = env.list("PROXY_NETWORKS", PRIVATE_NETWORKS, subcast=network)
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # Subdomains and the browsers' preload list affect more than this project: opt in.
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

METRICS = env.bool("METRICS", False)
if METRICS:
    METRICS_TOKEN = env.str("METRICS_TOKEN")
    # First, like the health checks: Prometheus uses neither the site's name nor HTTPS.
    MIDDLEWARE.insert(0, "ops.metrics.metrics_middleware")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"identity": {"()": "ops.logs.IdentityFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "ops.logs.ProductionFormatter"},
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
        # Its lines contain query strings, which may hold secrets. The proxy has its own log.
        "uvicorn.access": {"propagate": DEBUG},
        "uvicorn.error": {"level": "INFO" if DEBUG else "WARNING"},
{% elif cookiecutter.server == 'granian' %}
        "_granian": {"propagate": True},
{% endif %}
    },
    "root": {"handlers": ["console"], "level": env.log_level("LOG_LEVEL", logging.INFO)},
}

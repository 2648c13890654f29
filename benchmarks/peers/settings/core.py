"""The project's settings, with the list-based channel layer for Redis."""

from mysite.settings import *  # noqa: F403, a settings module is made of names
from mysite.settings import CHANNEL_LAYERS

CHANNEL_LAYERS["default"]["BACKEND"] = "channels_redis.core.RedisChannelLayer"

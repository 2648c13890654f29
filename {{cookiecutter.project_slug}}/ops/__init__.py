"""Operations: health checks, metrics, logs and security headers.

You do not need to change this app to work on the site. docs/production.md describes its features.
"""

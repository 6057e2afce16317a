"""The site: settings, the table of contents, Celery, a home for each role."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]

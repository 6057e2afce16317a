"""The site: settings, the table of contents, Celery, a home for each role."""

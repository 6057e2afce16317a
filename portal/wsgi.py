"""The door through which a web server reaches the site."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

from portal.checks import demo_only_on_this_machine  # noqa: E402 -- the settings come first

# A web server runs no system checks by itself; this one must not be passed by.
if problems := demo_only_on_this_machine(None):
    raise ImproperlyConfigured(" ".join(problem.msg for problem in problems))

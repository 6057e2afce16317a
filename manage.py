#!/usr/bin/env python
"""Django's command line for Steady."""

import os
import sys

_DEMO_COMMANDS = {"demo", "seed_demo"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if _DEMO_COMMANDS & set(sys.argv[1:2]):
        # Settings are read before the command is, and the demo keeps its data apart.
        os.environ.setdefault("DEMO", "1")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

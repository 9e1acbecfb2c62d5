#!/usr/bin/env python
"""Django's command line. Without DJANGO_SETTINGS_MODULE it uses the local settings."""

import os
import sys


def main() -> None:
    """Run the command given in sys.argv."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django est introuvable : lancez d'abord « bin/run » ou « bin/test », "
            "puis « .venv/bin/python manage.py … »."
        )
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

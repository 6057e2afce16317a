"""A provider to try things against by hand: `manage.py provider_simulator --port 8899 --callback http://…/providers/receipts`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from notices.domain.provider import SPECIAL
from notices.simulator import Behaviour, Simulator


class Command(BaseCommand):
    help = "Serve a simulated SMS and WeChat provider on this machine until interrupted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8899)
        parser.add_argument("--callback", default="", help="where receipts are posted; empty posts none")
        parser.add_argument("--journal", type=Path, help="a file that gets one JSON line per effect")
        parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
        parser.add_argument("--errors", type=float, default=0.0, help="percent of calls answered 500")
        parser.add_argument(
            "--lost", type=float, default=0.0, help="percent of answers lost after the effect"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.PROVIDER_SECRET:
            raise CommandError("Set PROVIDER_SECRET first: without it neither end believes the other.")
        server = Simulator(
            secret=settings.PROVIDER_SECRET,
            callback=options["callback"],
            journal=options["journal"],
            port=options["port"],
            behaviour=Behaviour(
                latency=options["latency"], error_percent=options["errors"], lost_ack_percent=options["lost"]
            ),
        )
        self.stdout.write(f"PROVIDER_URL={server.url}")
        for number, fate in SPECIAL.items():
            self.stdout.write(f"  {number}  {fate}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write(f"{len(server.effects)} messages reached somebody.")
        finally:
            server.server_close()

"""Declare the options of the programs, both outside and inside of an environment."""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

#: All kinds of databases.
KINDS = ("sqlite", "postgresql", "mariadb")

CRASH, REPLICAS = PROGRAMS = ("crash", "replicas")

#: The ways to upgrade a database, and what Python is called with for each.
FACES = {
    "flask": ("-m", "flask", "db", "upgrade"),
    "manage": ("manage.py", "db", "upgrade"),
    "function": ("call.py",),
}

#: The parts of a run of :data:`CRASH`.
PARTS = ("points", "busy", "random", "scenarios", "resuming")

#: How many rounds of replicas are played, in all and to save time.
FULL_ROUNDS, ROUNDS = 50, 12

#: What a process can be killed before or after, see application/killer.py.
LEVELS = ("driver", "engine")


def parser(program: str) -> argparse.ArgumentParser:
    """Return the parser of a program that runs inside of an environment.

    :param program: one of :data:`PROGRAMS`.
    """
    made = argparse.ArgumentParser(prog=f"python -m tests.crash.inside {program}")
    add_options(made, program)
    made.add_argument("--report", type=Path, help="file for the counts, as JSON")
    made.add_argument(
        "--options", type=json.loads, default={}, help="more of them, as JSON"
    )
    return made


def add_options(made: argparse.ArgumentParser, program: str) -> None:
    """Add the options of a program.

    :param made: its parser.
    :param program: one of :data:`PROGRAMS`.
    """
    made.add_argument(
        "--server",
        action="append",
        choices=KINDS,
        help="only this kind of database; may be repeated",
    )
    made.add_argument(
        "--face",
        choices=tuple(FACES),
        help="upgrade in this way only; by default 'flask db upgrade', and a few times"
        " in the other ways",
    )
    made.add_argument(
        "--full", action="store_true", help="leave out nothing to save time"
    )
    if program == CRASH:
        _add_crash_options(made)
    else:
        made.add_argument(
            "--rounds",
            type=int,
            metavar="N",
            help=f"rounds for each server ({FULL_ROUNDS} with --full, else {ROUNDS})",
        )


def _add_crash_options(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--part",
        action="append",
        choices=PARTS,
        help="only this part; may be repeated",
    )
    made.add_argument("-k", dest="keyword", default="", help="only scenarios with this")
    made.add_argument(
        "--rounds", type=int, default=100, metavar="N", help="random kills (100)"
    )
    made.add_argument(
        "--every",
        type=int,
        metavar="N",
        help="kill at every n-th point; by default at all points that the driver sees"
        " and at fewer of the others",
    )
    made.add_argument(
        "--level",
        action="append",
        choices=LEVELS,
        help="count what the driver does, or what SQLAlchemy does; may be repeated",
    )
    made.add_argument(
        "--seed",
        type=int,
        default=random.randrange(10**6),
        metavar="N",
        help="of the random times; it is printed",
    )
    made.add_argument(
        "--databases", type=int, default=4, metavar="N", help="databases at a time (4)"
    )

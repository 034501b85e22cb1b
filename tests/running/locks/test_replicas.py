"""Several processes that start at once: one migrates, all succeed."""

from __future__ import annotations

import os
from pathlib import Path

from .projects import CREATE, end_of, make_project, start, write_chain

# Three show the same as eight, and take less time.
REPLICAS = int(os.environ.get("TEST_REPLICAS", "3"))


def test_each_revision_is_applied_once(tmp_path: Path, url: str) -> None:
    is_server = not url.startswith("sqlite")
    options = {"pool_size": 1, "max_overflow": 0} if is_server else {}
    project = make_project(tmp_path / "project", url, **options)
    write_chain(project, 5)
    replicas = [start(project, "upgrade") for _ in range(REPLICAS)]
    logged = "".join(end_of(replica) for replica in replicas)
    for number in range(5):
        assert logged.count(f"-> r{number}, ") == 1
    # And once more, from the middle.
    project.write_revision("r5", "r4", upgrade=CREATE.format("t5"))
    replicas = [start(project, "upgrade") for _ in range(REPLICAS)]
    logged = "".join(end_of(replica) for replica in replicas)
    assert logged.count("Running upgrade") == 1

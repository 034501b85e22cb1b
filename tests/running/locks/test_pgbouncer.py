"""A PostgreSQL behind PgBouncer, which hands the sessions of the server round.

These run where the program ``pgbouncer`` is found: ``apt-get install pgbouncer``.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.url import make_url

from ...servers import execute, name_in, postgresql, tables
from .projects import HOLD, end_of, held, make_project, start, wait_for, write_chain
from .test_postgresql import CONCURRENTLY, LOCKS, configured

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="the program pgbouncer is not installed"
)

INI = """\
[databases]
* = host={host} port={port} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 20
"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def direct() -> Iterator[str]:
    """Return the URL of a database, not through the proxy."""
    with postgresql() as url:
        if make_url(url).password:
            pytest.skip("needs a server that trusts local users")
        yield url


@pytest.fixture(params=["transaction"])
def proxied(request: pytest.FixtureRequest, direct: str) -> Iterator[str]:
    """Return its URL through the proxy."""
    url, port = make_url(direct), free_port()
    # Not below tmp_path: the program gives up the rights of root.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        ini = Path(folder, "pgbouncer.ini")
        ini.write_text(
            INI.format(
                host=url.host or "127.0.0.1",
                port=url.port or 5432,
                user=url.username,
                listen=port,
                mode=request.param,
            )
        )
        as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
        assert PROGRAM is not None
        with subprocess.Popen(
            [PROGRAM, "-q", *as_user, str(ini)], stderr=subprocess.DEVNULL
        ) as process:
            try:
                wait_for(lambda: answers(port), process)
                yield f"postgresql+psycopg2://any@127.0.0.1:{port}/{name_in(direct)}"
            finally:
                process.terminate()


def test_a_lock_of_the_session_is_refused(
    tmp_path: Path, direct: str, proxied: str
) -> None:
    project = make_project(tmp_path / "project", proxied)
    write_chain(project, 1)
    done = project.flask("db", "upgrade")
    assert done.returncode == 1
    assert "a proxy gives each transaction another session" in done.stderr
    assert 'Set MIGRATE_LOCK = "transaction"' in done.stderr
    assert "t0" not in tables(direct)
    assert execute(direct, LOCKS) == []


@pytest.mark.parametrize("proxied", ["session"], indirect=True)
def test_a_proxy_that_keeps_sessions_apart(
    tmp_path: Path, direct: str, proxied: str
) -> None:
    project = make_project(tmp_path / "project", proxied)
    write_chain(project, 1, first=HOLD)
    with held(project) as first:
        assert len(execute(direct, LOCKS)) == 1
        (project.path / "go").touch()
        end_of(first)
    assert "t0" in tables(direct)
    assert execute(direct, LOCKS) == []


def test_a_lock_of_a_transaction_holds(
    tmp_path: Path, direct: str, proxied: str
) -> None:
    project = configured(make_project(tmp_path / "project", proxied), "transaction")
    write_chain(project, 1, first=HOLD)
    project.write_revision("r1", "r0", upgrade=CONCURRENTLY.format("t0"))
    with held(project) as first:
        assert len(execute(direct, LOCKS)) == 1
        others = [start(project, "upgrade") for _ in range(2)]
        for process in others:
            assert process.stderr is not None
            next(line for line in process.stderr if "Waiting" in line)
        (project.path / "go").touch()
        assert end_of(first).count("Running upgrade") == 2
    for process in others:
        assert "Running upgrade" not in end_of(process)
    assert execute(direct, LOCKS) == []


def test_the_settings_of_the_lock_do_not_stay_with_others(
    tmp_path: Path, direct: str, proxied: str
) -> None:
    project = configured(make_project(tmp_path / "project", proxied), "transaction")
    write_chain(project, 1)
    assert project.flask("db", "upgrade").returncode == 0
    engine = sa.create_engine(proxied)
    with engine.connect() as connection:
        shown = connection.execute(sa.text("SHOW tcp_keepalives_count")).scalar()
    engine.dispose()
    assert [(shown,)] == execute(direct, "SHOW tcp_keepalives_count")

"""Test :mod:`flask_migrate_compat.codemods.rules.manage_py_in_scripts`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.files import collect, read
from flask_migrate_compat.codemods.rules.manage_py_in_scripts import RULE
from tests.codemods.script_parity import needs_flask_2_2
from tests.codemods.tools import assert_left, assert_rewritten, assert_unchanged, source


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", "chmod +x manage.py\n"),
        ("a.sh", "# python manage.py db upgrade\n"),
        ("a.sh", "true  # python manage.py db upgrade\n"),
        ("a.sh", "flask --app manage db upgrade\n"),
        ("a.sh", "FLASK_APP=manage.py flask db upgrade\n"),
        ("a.sh", "python -m manager db upgrade\n"),
        ("a.sh", "python3 other_manage.py db upgrade\n"),
        ("a.sh", "cat manage.py db upgrade-notes\n# django\n"),
        ("a.ini", "; python manage.py db upgrade\n"),
        ("a.bat", "REM python manage.py db upgrade\n:: manage.py db init\n"),
        ("Jenkinsfile", "// sh 'python manage.py db upgrade'\n"),
        ("Dockerfile", "COPY manage.py config.py /app/\n"),
        # Of Django.
        ("a.sh", "python manage.py migrate\npython manage.py runserver\n"),
        ("a.sh", "export DJANGO_SETTINGS_MODULE=x\npython manage.py db load\n"),
    ],
)
def test_unchanged(path: str, text: str) -> None:
    assert_unchanged(RULE, text, path, is_python=False)


SHELL = [
    ("python manage.py db upgrade", "flask --app manage db upgrade"),
    ("python3 manage.py db upgrade head", "flask --app manage db upgrade head"),
    ("python ./manage.py db current -v", "flask --app manage db current -v"),
    ("./manage.py db upgrade", "flask --app manage db upgrade"),
    ("exec ./manage.py db upgrade", "exec flask --app manage db upgrade"),
    ("exec python manage.py db upgrade", "exec flask --app manage db upgrade"),
    (
        "cd x && python manage.py db upgrade || exit 1",
        "cd x && flask --app manage db upgrade || exit 1",
    ),
    (
        "python manage.py db migrate -m 'a; b'; ./manage.py db upgrade",
        "flask --app manage db migrate -m 'a; b'; flask --app manage db upgrade",
    ),
    ("(python manage.py db upgrade)", "(flask --app manage db upgrade)"),
    ("X=`python manage.py db heads`", "X=`flask --app manage db heads`"),
    ("if python manage.py db check; then", "if flask --app manage db check; then"),
    (
        "FLASK_APP=manage.py python manage.py db upgrade",
        "FLASK_APP=manage.py flask --app manage db upgrade",
    ),
    (
        "venv/bin/python manage.py db upgrade",
        "venv/bin/python -m flask --app manage db upgrade",
    ),
    (
        "python -u manage.py db upgrade",
        "python -u -m flask --app manage db upgrade",
    ),
    ("python -m manage db upgrade", "python -m flask --app manage db upgrade"),
    ("python3.8 manage.py db init", "python3.8 -m flask --app manage db init"),
    (
        '"$PYTHON" manage.py db upgrade',
        '"$PYTHON" -m flask --app manage db upgrade',
    ),
    (
        "${PYTHON:-python} manage.py db upgrade",
        "${PYTHON:-python} -m flask --app manage db upgrade",
    ),
    (
        "heroku run python manage.py db upgrade",
        "heroku run flask --app manage db upgrade",
    ),
    (
        "python manage.py db upgrade \\\n    --sql > up.sql",
        "flask --app manage db upgrade \\\n    --sql > up.sql",
    ),
    (
        "python \\\n  manage.py db upgrade",
        "flask --app manage db upgrade",
    ),
    (
        'echo "before # python manage.py db upgrade"',
        'echo "before # flask --app manage db upgrade"',
    ),
    # No comment begins in a word.
    ("a#b; python manage.py db init", "a#b; flask --app manage db init"),
]
OTHER = [
    (
        "Procfile",
        "web: gunicorn app\nrelease: python manage.py db upgrade\n",
        "web: gunicorn app\nrelease: flask --app manage db upgrade\n",
    ),
    (
        "Procfile",
        "release: ./manage.py db upgrade\n",
        "release: flask --app manage db upgrade\n",
    ),
    (
        "Dockerfile",
        'RUN python manage.py db upgrade\nCMD ["python","manage.py","db","upgrade"]\n',
        "RUN flask --app manage db upgrade\n"
        'CMD ["flask","--app","manage","db","upgrade"]\n',
    ),
    (
        "Dockerfile",
        'CMD ["./manage.py", "db", "upgrade", "--sql"]\n',
        'CMD ["flask", "--app", "manage", "db", "upgrade", "--sql"]\n',
    ),
    (
        "Dockerfile",
        'CMD ["/venv/bin/python", "manage.py", "db", "upgrade"]\n',
        'CMD ["/venv/bin/python", "-m", "flask", "--app", "manage", "db", "upgrade"]\n',
    ),
    (
        "Makefile",
        "db:\n\t@python manage.py db upgrade\n\t-@./manage.py db init\n"
        "\t$(PYTHON) manage.py db upgrade\n",
        "db:\n\t@flask --app manage db upgrade\n\t-@flask --app manage db init\n"
        "\t$(PYTHON) -m flask --app manage db upgrade\n",
    ),
    (
        "a.yml",
        "command: ['python', 'manage.py', 'db', 'upgrade']\n"
        "flow: [python, manage.py, db, upgrade]\n"
        "script:\n  - python manage.py db upgrade\n  - './manage.py db upgrade'\n"
        'one: "python manage.py db upgrade"\n',
        "command: ['flask', '--app', 'manage', 'db', 'upgrade']\n"
        "flow: [flask, --app, manage, db, upgrade]\n"
        "script:\n  - flask --app manage db upgrade\n"
        "  - 'flask --app manage db upgrade'\n"
        'one: "flask --app manage db upgrade"\n',
    ),
    (
        "a.yml",
        "command:\n  - python\n  - manage.py\n  - db\n  - upgrade\n",
        "command:\n  - flask\n  - --app\n  - manage\n  - db\n  - upgrade\n",
    ),
    (
        "a.yml",
        'command: "{{ venv }}/bin/python manage.py db upgrade"\n',
        'command: "{{ venv }}/bin/python -m flask --app manage db upgrade"\n',
    ),
    (
        "a.service",
        "ExecStart=/srv/bin/python manage.py db upgrade\n",
        "ExecStart=/srv/bin/python -m flask --app manage db upgrade\n",
    ),
    (
        "tox.ini",
        "commands =\n    {envpython} manage.py db upgrade\n",
        "commands =\n    {envpython} -m flask --app manage db upgrade\n",
    ),
    (
        "package.json",
        '{"scripts": {"db": "python manage.py db upgrade"}}\n',
        '{"scripts": {"db": "flask --app manage db upgrade"}}\n',
    ),
    (
        "a.bat",
        "python manage.py db upgrade\n.\\manage.py db upgrade\n"
        "venv\\Scripts\\python.exe manage.py db upgrade\n",
        "flask --app manage db upgrade\nflask --app manage db upgrade\n"
        "venv\\Scripts\\python.exe -m flask --app manage db upgrade\n",
    ),
]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [*(("a.sh", f"{one}\n", f"{two}\n") for one, two in SHELL), *OTHER],
)
def test_rewritten(path: str, before: str, after: str) -> None:
    assert_rewritten(RULE, before, after, path, is_python=False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("python app/manage.py db upgrade\n", "'flask --app app/manage.py db upgrade'"),
        ('python "$DIR"/manage.py db upgrade\n', "another folder"),
        ("python2 manage.py db upgrade\n", "Python 2"),
        ("python manage.py db downgrade -1\n", "downgrade -- -1'"),
        ('["python", "manage.py", "db", "downgrade", "-1"]\n', "downgrade -- -1'"),
        ("a:\n- python\n- manage.py\n- db\n- downgrade\n- '-1'\n", "-- -1'"),
        ("python manage.py db current --head-only\n", "no option --head-only"),
        ("python manage.py db upgrade --mess x\n", "no option --mess"),
        ("python manage.py db -d x upgrade\n", "no command of Flask-Migrate"),
        ('python manage.py db "$@"\n', "no command of Flask-Migrate"),
        ("python manage.py -c prod db upgrade\n", "options of the Manager"),
        ("python manage.py runserver -h ::\n", "'flask --app manage run'"),
        ("./manage.py shell\n", "'flask --app manage shell'"),
        ("python manage.py seed 3\n", "'flask --app manage seed'"),
        ("coverage run manage.py db upgrade\n", "not known"),
        ("coverage run ./manage.py db upgrade\n", "not known"),
        ("manage.py db upgrade\n", "not known"),
    ],
)
def test_left(text: str, reason: str) -> None:
    assert_left(RULE, text, reason, path="a.yml", is_python=False)


MANAGE = """
import sys
import flask
from flask_sqlalchemy import SQLAlchemy
from flask_migrate_compat import Migrate, MigrateCommand

app = flask.Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
Migrate(app, SQLAlchemy(app))

if __name__ == "__main__":
    from flask_script import Manager

    manager = Manager(app)
    manager.add_command("db", MigrateCommand)
    manager.run()
"""


@pytest.mark.legacy
@needs_flask_2_2
@pytest.mark.parametrize(
    "line",
    [
        "python manage.py db init -d other",
        "PYTHON manage.py db history -v -d nowhere",
        "python -u manage.py db init --directory=x --multidb",
        "python manage.py db init && python manage.py db heads",
    ],
)
def test_the_new_line_does_the_same(line: str, tmp_path: Path) -> None:
    line = line.replace("PYTHON", shlex.quote(sys.executable))
    after = rewrite(source(f"{line}\n", "a.sh", is_python=False), [RULE]).text
    assert "flask --app manage" in after
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    seen = []
    for name, command in (("old", line), ("new", after)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "manage.py").write_text(MANAGE, "utf-8")
        run = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        made = sorted(str(one.relative_to(folder)) for one in folder.rglob("*.mako"))
        seen.append((run.returncode, run.stdout.replace(str(folder), ""), made))
    assert seen[0] == seen[1]


def test_a_json_list_stays_one() -> None:
    text = '["python", "manage.py", "db", "stamp", "head"]'
    after = rewrite(source(text, "a.json", is_python=False), [RULE]).text
    assert json.loads(after) == ["flask", "--app", "manage", "db", "stamp", "head"]


@pytest.mark.parametrize(
    "name",
    ["Procfile", "a.sh", "app.dockerfile", ".ebextensions/1.config", "a.service.j2"],
)
def test_where_it_is_found(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("python manage.py db upgrade\n", "utf-8")
    (file,) = collect([str(tmp_path)])
    assert not file.is_python
    assert [one.rule for one in find(read(file), [RULE])] == ["FMC203"]

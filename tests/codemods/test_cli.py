"""Test the program ``flask-migrate-compat`` on files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flask_migrate_compat.codemods import engine
from flask_migrate_compat.codemods.rule import Report, Rule
from flask_migrate_compat.codemods.rules import RULES
from flask_migrate_compat.codemods.source import Place, Source

from .conftest import Run

OLD = 'EXTENSIONS = ["flask.ext.mail"]\n'
NEW = 'EXTENSIONS = ["flask_mail"]\n'


def make(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def git(folder: Path, *arguments: str) -> None:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    command = ["git", *settings, *arguments]
    subprocess.run(command, cwd=str(folder), check=True, capture_output=True)


def repository(folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "all")


def test_nothing_old(run: Run, tmp_path: Path) -> None:
    make(tmp_path, a=NEW)
    assert run("scan", "--check") == (0, "Nothing old was found, 1 file read.\n", "")
    result = run("rewrite", "--write")
    assert (result.status, result.output) == (0, "")
    assert (tmp_path / "a.py").read_text() == NEW


def test_scan_says_what_and_where(run: Run, tmp_path: Path) -> None:
    make(tmp_path, a=OLD, b=NEW)
    result = run("scan", ".")
    assert result.status == 0
    first = result.output.splitlines()[0]
    assert first == "a.py:1:15: FMC102 the name flask.ext.mail in a string"
    assert "changes 1 of these 1 by itself" in result.output
    assert run("scan", "--check").status == 1
    assert (tmp_path / "a.py").read_text() == OLD


def test_diff_is_the_default_and_can_be_applied(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    texts = {"a.py": OLD, "sub/b.py": OLD.replace("\n", "\r\n"), "c.py": OLD[:-1]}
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode())
    result = run("rewrite")
    assert result.status == 0
    assert {name: (tmp_path / name).read_bytes() for name in texts} == {
        name: text.encode() for name, text in texts.items()
    }
    subprocess.run(
        ["git", "apply"], input=result.output.encode(), cwd=str(tmp_path), check=True
    )
    for name, text in texts.items():
        after = text.replace("flask.ext.mail", "flask_mail").encode()
        assert (tmp_path / name).read_bytes() == after


def test_write(run: Run, tmp_path: Path) -> None:
    make(tmp_path, a=OLD)
    result = run("rewrite", "--write")
    assert result.status == 0
    assert result.output == "rewritten: a.py\n"
    assert (
        "1 old place in 1 file that were read; 1 file rewritten, 0 places left"
        in result.errors
    )
    assert (tmp_path / "a.py").read_text() == NEW
    assert run("rewrite", "--write").output == ""


def test_a_file_that_is_python_2_is_reported_and_counts(
    run: Run, tmp_path: Path
) -> None:
    make(tmp_path, a="print 'a'\n", b=OLD)
    scanned = run("scan", "--check")
    assert scanned.status == 1
    line = "a.py:1:1: FMC000 the file is Python 2: run 2to3 or futurize over it first"
    assert line in scanned.output
    assert "1 file could not be read" in scanned.output
    written = run("rewrite", "--write")
    assert written.status == 1
    assert line in written.errors
    assert (tmp_path / "b.py").read_text() == NEW


def test_select_ignore_and_exclude(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    make(tmp_path, a=OLD)
    make(tmp_path / "a", b=OLD)
    for arguments in (
        ["--ignore", "FMC102"],
        ["--ignore", "FMC1"],
        ["--ignore", "FMC102,flask-ext-strings"],
        ["--select", "FMC1", "--ignore", "FMC102"],
        ["--exclude", "a.py", "--exclude", "b.py"],
        ["--exclude", "./*.py", "--exclude", "a/"],
    ):
        result = run("scan", ".", *arguments, "--check")
        assert result.status == 0, result
    assert run("scan", "--select", "flask_ext_strings", "--check").status == 1
    assert run("scan", "--select", "fmc102", "--check").status == 1


def test_noqa(run: Run, tmp_path: Path) -> None:
    make(tmp_path, a=OLD.replace("\n", "  # noqa: FMC102\n"), b=OLD)
    run("rewrite", "--write")
    assert "flask.ext.mail" in (tmp_path / "a.py").read_text()
    assert (tmp_path / "b.py").read_text() == NEW


def test_list(run: Run) -> None:
    result = run("rewrite", "--list")
    assert result.status == 0
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == [rule.code for rule in RULES]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scan", "missing"], "Error: there is no file or folder 'missing'."),
        (["rewrite", "missing"], "Error: there is no file or folder 'missing'."),
        (["scan", "--select", "FMC1,nope"], "Error: There is no rule 'nope'."),
        (["scan", "--format", "xml"], "xml"),
        (["rewrite", "--server", "sqlite://"], "Error: --server and --baseline are"),
        (["rewrite", "--baseline", "missing"], "missing"),
        (["nothing"], "Error: No such command 'nothing'."),
    ],
)
def test_bad_input(run: Run, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.status == 2
    assert message in result.errors
    assert "Traceback" not in result.errors


class TestGit:
    """``--write`` and the state of the git tree."""

    def test_clean_tree(self, run: Run, tmp_path: Path) -> None:
        make(tmp_path, a=OLD)
        repository(tmp_path)
        assert run("rewrite", "--write").status == 0
        assert (tmp_path / "a.py").read_text() == NEW

    def test_dirty_tree(self, run: Run, tmp_path: Path) -> None:
        make(tmp_path, a=OLD, b="x = 1\n")
        repository(tmp_path)
        make(tmp_path, b="x = 2\n")
        result = run("rewrite", "--write")
        assert result.status == 1
        assert "has changes that are not committed" in result.errors
        assert "add --force" in result.errors
        assert (tmp_path / "a.py").read_text() == OLD
        assert run("rewrite").status == 0
        assert run("rewrite", "--write", "--force").status == 0
        assert (tmp_path / "a.py").read_text() == NEW

    def test_a_file_that_git_was_told_not_to_look_at(
        self, run: Run, tmp_path: Path
    ) -> None:
        make(tmp_path, a=OLD)
        repository(tmp_path)
        git(tmp_path, "update-index", "--assume-unchanged", "a.py")
        text = f"{OLD}x = 1\n"
        make(tmp_path, a=text)
        result = run("rewrite", "--write")
        assert result.status == 1
        assert "git was told not to look at a.py" in result.errors
        assert (tmp_path / "a.py").read_text() == text

    def test_untracked_file(self, run: Run, tmp_path: Path) -> None:
        make(tmp_path, b="x = 1\n")
        repository(tmp_path)
        make(tmp_path, a=OLD)
        result = run("rewrite", "--write")
        assert result.status == 1
        assert "a.py is not under version control" in result.errors
        assert (tmp_path / "a.py").read_text() == OLD

    def test_untracked_file_that_is_not_touched(self, run: Run, tmp_path: Path) -> None:
        make(tmp_path, a=OLD)
        repository(tmp_path)
        make(tmp_path, b="x = 1\n")
        assert run("rewrite", "--write").status == 0

    def test_git_that_cannot_tell(self, run: Run, tmp_path: Path) -> None:
        make(tmp_path, a=OLD)
        (tmp_path / ".git").write_text("gitdir: nowhere\n")
        result = run("rewrite", "--write")
        assert result.status == 1
        assert "git cannot tell the state" in result.errors
        assert len(result.errors.splitlines()) == 1
        assert (tmp_path / "a.py").read_text() == OLD


def test_formats(run: Run, tmp_path: Path) -> None:
    make(tmp_path, a=OLD)
    document = json.loads(run("scan", "--format", "json").output)
    assert document["version"] == 1
    assert document["files"] == 1
    assert document["findings"] == [
        {
            "path": "a.py",
            "line": 1,
            "column": 15,
            "rule": "FMC102",
            "message": "the name flask.ext.mail in a string",
            "blocks": "Flask 1.0",
            "rewritten": True,
            "reason": None,
            "detail": None,
        }
    ]
    sarif = json.loads(run("scan", "--format", "sarif").output)
    (described,) = sarif["runs"]
    (result,) = described["results"]
    rules = described["tool"]["driver"]["rules"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "FMC102"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a.py"}
    assert place["region"] == {"startLine": 1, "startColumn": 15}
    github = run("scan", "--format", "github", "--check")
    assert github.status == 1
    assert github.output.splitlines()[0] == (
        "::warning file=a.py,line=1,col=15,title=FMC102"
        "::the name flask.ext.mail in a string"
    )


def test_github_and_sarif_of_an_odd_path(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a, 50%: b.py").write_text(OLD)
    github = run("scan", "--format", "github").output
    assert github.startswith("::warning file=a%2C 50%25%3A b.py,line=1")
    sarif = json.loads(run("scan", "--format", "sarif").output)
    (result,) = sarif["runs"][0]["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "a%2C%2050%25%3A%20b.py"}


def test_many_files_in_processes_give_the_same(run: Run, tmp_path: Path) -> None:
    for number in range(150):
        make(tmp_path, **{f"a{number:03}": OLD if number % 3 else NEW})
    (tmp_path / "a000.py").write_text("print 'a'\n")
    lines = run("scan").output.splitlines()
    found = [line.split(":")[0] for line in lines if ": FMC" in line]
    expected = [f"a{number:03}.py" for number in range(150) if number % 3]
    assert found == ["a000.py", *expected]


def test_the_installed_program_without_libcst(tmp_path: Path) -> None:
    (tmp_path / "libcst.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'libcst'\", name='libcst')\n"
    )
    program = [sys.executable, "-m", "flask_migrate_compat.codemods.cli"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*program, *arguments], env=environment, capture_output=True, text=True
        )

    done = call("scan", str(tmp_path))
    assert done.returncode == 1
    assert "pip install 'Flask-Migrate-Compat[codemods]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert call("--help").returncode == 0
    assert call("--version").stdout.startswith("flask-migrate-compat ")


def test_a_diff_is_told_with_the_lines_of_the_file_as_it_is(
    run: Run, tmp_path: Path
) -> None:
    text = (
        "from flask.ext import a, b, c\nimport os\nfrom flask import _app_ctx_stack\n"
    )
    make(tmp_path, a=text)
    assert "\na.py:3:19: FMC103" in "\n" + run("rewrite").errors
    assert "\na.py:5:19: FMC103" in "\n" + run("rewrite", "--write").errors


def test_large_data_is_no_program(run: Run, tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_text(" " * 2_100_000)
    assert run("scan", "--check").status == 0
    (tmp_path / "a.py").write_text("#" * 2_100_000)
    result = run("scan", "--check")
    assert result.status == 1
    assert "a.py:1:1: FMC000 the file is larger than 2 MB" in result.output


def test_a_name_with_a_line_end(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a\nb.py").write_text(OLD)
    assert run("rewrite").output.startswith('--- "a/a\\nb.py"\n+++ "b/a\\nb.py"\n@@')


def test_what_is_nested_deeply_ends_nothing(run: Run, tmp_path: Path) -> None:
    deep = "(" * 2000 + ")" * 2000
    make(tmp_path, a=f"x = 'flask.ext.a'\ny = {deep}\n", b=OLD)
    elifs = "if x:\n    pass\n" + "elif x == 'flask.ext.a':\n    pass\n" * 1500
    make(tmp_path, c=elifs, d=f"x = {'-' * 100_000}1\n# flask.ext.a\n")
    result = run("scan")
    assert result.status == 0
    assert "a.py:1:1: FMC000 the file is nested too deeply" in result.output
    assert "b.py:1:15: FMC102" in result.output
    assert max(map(len, result.output.splitlines())) < 400


@pytest.mark.skipif(os.name == "nt", reason="sends a signal to a group")
def test_ctrl_c_ends_a_scan(tmp_path: Path) -> None:
    text = "x = 'flask.ext.a'\n" + "y = [1, 2, 3]\n" * 5_000
    for number in range(400):
        (tmp_path / f"a{number}.py").write_text(text)
    program = [sys.executable, "-m", "flask_migrate_compat.codemods.cli"]
    with subprocess.Popen(
        [*program, "scan", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            process.communicate(timeout=2)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=30)
            assert process.returncode == 1
            assert b"Traceback" not in errors
        else:
            pytest.skip("this machine is too fast")


class TestVerify:
    """``--verify`` with a rule that is made for the test."""

    def make(self, folder: Path, monkeypatch: pytest.MonkeyPatch, new: str) -> Path:
        """Make a folder, and a rule that changes its revision."""

        def change(source: Source, report: Report) -> str:
            report.change(Place(1), "old")
            return source.text.replace("INSERT INTO a VALUES (1)", new)

        rule = Rule(
            *("FMC999", "a", "a", "", ("VALUES (1)",)), lambda source: True, change
        )
        monkeypatch.setattr(engine, "RULES", (rule,))
        path = folder / "migrations" / "versions" / "a.py"
        path.parent.mkdir(parents=True)
        path.write_text(
            "from alembic import op\nimport sqlalchemy as sa\n\n"
            "revision = 'a'\ndown_revision = None\n\n\ndef upgrade():\n"
            "    op.create_table('a', sa.Column('i', sa.Integer))\n"
            "    op.execute('INSERT INTO a VALUES (1)')\n\n\n"
            "def downgrade():\n    op.drop_table('a')\n"
        )
        return path

    def test_the_same(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = self.make(tmp_path, monkeypatch, "INSERT  INTO a VALUES  (1)")
        result = run("rewrite", "--write", "--verify")
        assert result.status == 0, result
        assert "migrations: 1 revision run before and after the change" in result.errors
        assert "VALUES  (1)" in path.read_text()

    def test_a_difference_stops_the_write(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = self.make(tmp_path, monkeypatch, "INSERT INTO a VALUES (2)")
        before = path.read_text()
        for arguments in (["--write"], ["--write", "--force"], []):
            result = run("rewrite", "--verify", *arguments)
            assert result.status == 1
            assert result.output == ""
            line = "after the upgrade, table a: the row (1) is (2) after"
            assert line in result.errors
            assert "Error: Nothing is written" in result.errors
            assert path.read_text() == before

    def test_what_cannot_be_proved_is_not_written(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = self.make(tmp_path, monkeypatch, "INSERT INTO a VALUES (2)")
        before = path.read_text().replace("create_table('a'", "create_table('b'")
        path.write_text(before)
        result = run("rewrite", "--verify", "--write")
        assert result.status == 1
        assert "do not run on an empty database before the change" in result.errors
        assert "Traceback" not in result.errors
        assert path.read_text() == before

    def test_no_revision(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(tmp_path, a=OLD)
        result = run("rewrite", "--verify", "--write")
        assert result.status == 0
        assert "there is nothing to verify" in result.errors
        assert (tmp_path / "a.py").read_text() == NEW

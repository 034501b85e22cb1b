"""Find what is old in a code base, and change what can be changed with proof.

The room of ``flask-migrate-compat scan`` and ``flask-migrate-compat rewrite``. It needs
LibCST, the extra ``[codemods]``, and knows nothing of the rest of the package: it reads
and writes source files, and never imports what it reads.

* :mod:`.rule`: what a rule is, what it finds, and what it reports to.
* :mod:`.rules`: all rules in their order, one file each.
* :mod:`.source`: one source file: its text, its syntax, its ``noqa`` comments.
* :mod:`.files`: which files there are, and how one is replaced.
* :mod:`.engine`: all rules on one file, and on many files at once.
* :mod:`.transformer`: the base of the rules that change Python, on LibCST.
<<<<<<< HEAD
* :mod:`.removing`: statements that go, and their comments that stay.
* :mod:`.managers`: the plan for a file with Managers of Flask-Script.
=======
* :mod:`.revision_script` and :mod:`.revision_transformer`: what the rules for Alembic's
  revision scripts stand on; :mod:`.kind` and :mod:`.kinds`: what their expressions are;
  :mod:`.execution`, :mod:`.clauses`, :mod:`.bound`, :mod:`.sql_text`: the parts that
  several of these rules share.
>>>>>>> codemods-revisions2
* :mod:`.formats`: a report as text, JSON, SARIF, and notes of GitHub.
* :mod:`.cli`: the two commands.
"""

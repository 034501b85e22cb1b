"""Find what is old in a code base, and change what can be changed with proof.

The room of ``flask-migrate-compat scan`` and ``flask-migrate-compat rewrite``. It needs
LibCST, the extra ``[codemods]``, and knows nothing of the rest of the package: it reads
and writes source files, and never imports what it reads.

* :mod:`.rule`: what a rule is, what it finds, and what it reports to.
* :mod:`.rules`: all rules in their order, one file each.
* :mod:`.source`: one source file: its text, its syntax, its ``noqa`` comments.
* :mod:`.files`: which files there are, and how one is replaced; :mod:`.git`: whether it
  could be given back.
* :mod:`.engine`: all rules on one file, and on many files at once.
* :mod:`.transformer`: the base of the rules that change Python, on LibCST;
  :mod:`.removing`: statements that go, and their comments that stay.
* :mod:`.renames`, :mod:`.managers`, :mod:`.environment`, :mod:`.revisions`: what the
  rules for names, for Flask-Script, for ``env.py`` and for revisions stand on.
* :mod:`.verify`: the proof that rewritten revisions do the same.
* :mod:`.formats`, :mod:`.summary`: a report as text, JSON, SARIF, and notes of GitHub.
* :mod:`.cli`: the two commands.
"""

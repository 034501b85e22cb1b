"""What the rules for Alembic's revision scripts share.

* :mod:`.script`: which files are revision scripts.
* :mod:`.kind` and :mod:`.kinds`: what an expression of one is: a connection, a row, …
* :mod:`.possible`: what it may be, when that is not known for sure.
* :mod:`.transformer`: the base of the rules.
* :mod:`.execution`, :mod:`.clauses`, :mod:`.bound`, :mod:`.sql_text`: what several of
  them do: statements that are executed, their clauses, bound metadata, text of SQL.
"""

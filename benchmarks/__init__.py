"""Measurements of this package, and of Flask-Migrate beside it.

``startup`` and ``lock`` stand alone; ``python -m benchmarks`` is the comparison with
Flask-Migrate: ``environments`` makes both sides, ``histories`` and ``projects`` what
they work on, ``commands`` and ``processes`` measure, ``rows`` is the list of what is
measured, ``results``, ``growth`` and ``page`` show it.
"""

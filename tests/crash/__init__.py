"""Kill a migration run at every statement, and start many at once.

These are programs, not tests that pytest collects: ``make crash``, ``make replicas``.
They make the environment of a stack (see :mod:`tests.matrix`) and run there, with the
real servers of :mod:`tests.servers`.

==================  ==================================================================
``chain/``          the 20 revisions, the same for every kind of database
``application/``    the application that is migrated, and what kills it
``processes.py``    start ``flask db upgrade`` and the like, a fork for each
``targets.py``      databases that are emptied quickly, and what is in them
``points.py``       killed at every statement, and at random times
``replicas.py``     many at once
``scenarios.py``    all other ways in which a run is disturbed
``resuming.py``     what MariaDB, which cannot roll back everything, needs
``inside.py``       what is run in the environment; ``__main__.py`` starts it
==================  ==================================================================
"""

"""Run the tests on old and new stacks: ``python -m tests.matrix``.

Only the standard library is used here, so that a plain Python 3.8 can start it.
"""

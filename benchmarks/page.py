from pathlib import Path
PAGE=Path("docs/performance.rst")
def write(*a): pass

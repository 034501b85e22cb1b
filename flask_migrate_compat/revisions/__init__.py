"""The revisions of a migrations folder: what they say, and how they hang together.

Nothing here opens a database or needs an application, and only :mod:`.alembic_map`
knows Alembic:

``headers``
    reads from the source of a revision what it is and which ones it follows;
``index``
    keeps what was read beside the byte code of the files;
``folder``
    lists the files of a folder with their headers;
``graph``
    links the revisions, and puts them in order;
``listing``
    prints ``heads``, ``history``, ``branches`` and ``show``;
``alembic_map``
    hands all that to Alembic.

The room is not called ``history``: that is a function of this package.

Alembic executes every file of the folder for each command instead, and some of its
walks through the revisions take a time that grows with the square of their number.
Where something looks unfamiliar here, Alembic's own way is taken: a file is imported,
or the whole folder is left to it.
"""

from __future__ import annotations

from typing import Sequence

# The first release of Alembic whose history is linked and put in order as it is here,
# and the first one that nobody has looked at.
KNOWN_ALEMBIC = ((1, 10), (1, 21))


def is_known(version: Sequence[int]) -> bool:
    """Tell whether a release of Alembic is one that is known here.

    :param version: the numbers of its version.
    """
    return KNOWN_ALEMBIC[0] <= tuple(version[:2]) < KNOWN_ALEMBIC[1]

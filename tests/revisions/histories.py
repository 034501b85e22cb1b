"""Make histories at random: branches, merges, labels, dependencies, and faults."""

from __future__ import annotations

from hypothesis import strategies as st

from flask_migrate_compat.revisions.headers import Header

NAMES = [f"{letter}{number}00" for number in range(3) for letter in "abcdefgh"]


@st.composite
def histories(draw: st.DrawFn, faults: bool = False, most: int = 14) -> list[Header]:
    """Draw the headers of a history, in the order of the files.

    :param faults: let there be revisions that are missing, twice, or in a circle.
    :param most: the largest number of revisions.
    """
    names = draw(st.permutations(NAMES))[: draw(st.integers(0, most))]
    labels: list[str] = []
    headers = []
    # A shape that people make: few branches, merged now and then.
    wide = draw(st.sampled_from([0.1, 0.4, 0.8]))
    for place, name in enumerate(names):
        earlier = names[:place]
        down: list[str] = []
        depends_on: list[str] = []
        label: list[str] = []
        if earlier:
            recent = earlier[-1:] if draw(st.floats(0, 1)) > wide else earlier
            count = draw(st.sampled_from([0, 1, 1, 1, 1, 1, 2, 2, 3]))
            down = draw(
                st.lists(st.sampled_from(recent), max_size=count, unique=True)
                if count
                else st.just([])
            )
            if not draw(st.integers(0, 3)):
                depends_on = draw(
                    st.lists(
                        st.sampled_from([*earlier, *labels]), max_size=3, unique=True
                    )
                )
        if not draw(st.integers(0, 4)):
            label = [f"label{len(labels)}"]
            labels += label
        headers.append(
            Header(name, tuple(down), tuple(label), tuple(depends_on), f"doc {name}")
        )
    if faults and headers:
        _spoil(draw, headers)
    return draw(st.permutations(headers)) if draw(st.booleans()) else headers


def _spoil(draw: st.DrawFn, headers: list[Header]) -> None:
    """Put in one fault; of two, Alembic reports one by chance."""
    place = draw(st.integers(0, len(headers) - 1))
    header, other = headers[place], draw(st.sampled_from(headers))
    headers[place] = draw(
        st.sampled_from(
            [
                header._replace(down_revisions=("missing",)),
                header._replace(depends_on=("missing",)),
                header._replace(
                    down_revisions=(*header.down_revisions, other.revision)
                ),
                header._replace(depends_on=(other.revision,)),
                header._replace(branch_labels=other.branch_labels),
                header._replace(branch_labels=(other.revision,)),
                header._replace(revision=other.revision),
            ]
        )
    )

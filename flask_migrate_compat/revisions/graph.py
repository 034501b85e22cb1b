"""Link the revisions of a folder, and put them in the order in which they run.

The results are those of Alembic, revision by revision and in the same order, for every
history without a fault. For one with a fault there is :class:`UnusualHistoryError`, and
Alembic is left to say what is wrong.

Alembic follows two kinds of links: ``down_revision``, and with it what ``depends_on``
adds. Whatever "real" is called there, and "all" here, follows both.
"""

from __future__ import annotations

from typing import Collection, Dict, Iterable, Iterator, Mapping, Sequence, Tuple

from .headers import Header

# From each revision to those that it follows, or that follow it.
Links = Mapping[str, Iterable[str]]
_Names = Dict[str, Tuple[str, ...]]

_NONE: frozenset[str] = frozenset()


class UnusualHistoryError(Exception):
    """Say that Alembic has to look at the folder itself."""


class CircleError(UnusualHistoryError):
    """Say which revisions follow each other in a circle."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(*names)
        self.names = sorted(names)


class Graph:
    """Hold the links between the revisions of a folder.

    :param headers: what the files say, in the order of the files.
    :raises UnusualHistoryError: for a revision or label that is there twice, and one
        that is named and missing.
    :raises CircleError: for revisions that follow each other in a circle.
    """

    def __init__(self, headers: Sequence[Header]) -> None:
        #: The revisions by their identifiers, in the order of the files.
        self.headers = {header.revision: header for header in headers}
        if len(self.headers) < len(headers):
            raise UnusualHistoryError("a revision is there twice")
        #: The revision of each label that a file gives.
        self.of_label: dict[str, str] = {}
        #: What each one follows by ``down_revision``.
        self.down: _Names = {
            name: header.down_revisions for name, header in self.headers.items()
        }
        #: The revisions that ``depends_on`` means.
        self.dependencies: _Names = {}
        #: The same without what an ancestor depends on already.
        self.normalized_dependencies: _Names = {}
        #: Both kinds of links, the dependencies as they are.
        self.all_down: _Names = self.down
        #: Both kinds of links, the dependencies normalized; the way of each walk.
        self.normalized_down: _Names = self.down
        self._resolve_names()
        #: What follows each one by ``down_revision``.
        self.up = _turned_around(self.down)
        #: What follows each one by both kinds of links.
        self.all_up = self.up
        if self.dependencies:
            self.all_up = _turned_around(self.all_down)
            self._normalize_dependencies()
        _check_for_circles(self.all_down, self.all_up)

    def _resolve_names(self) -> None:
        """Find out what ``depends_on`` means, and that nothing is missing."""
        needing = []
        for name, header in self.headers.items():
            for label in header.branch_labels:
                if label in self.headers or label in self.of_label:
                    raise UnusualHistoryError(label)
                self.of_label[label] = name
            if header.depends_on:
                needing.append(header)
        for parents in self.down.values():
            for parent in parents:
                if parent not in self.headers:
                    raise UnusualHistoryError(parent)
        for header in needing:
            found = [self.of_label.get(name, name) for name in header.depends_on]
            for name in found:
                if name not in self.headers:
                    raise UnusualHistoryError(name)
            self.dependencies[header.revision] = tuple(found)
        if needing:
            self.all_down = self._with(self.dependencies)

    def _with(self, dependencies: _Names) -> _Names:
        both = dict(self.down)
        for name, found in dependencies.items():
            both[name] = tuple(dict.fromkeys(both[name] + found))
        return both

    def _normalize_dependencies(self) -> None:
        """Leave out what an ancestor by ``down_revision`` depends on already."""
        # A set of dependencies is a bit mask: there may be many of them.
        bits: dict[str, int] = {}
        for found in self.dependencies.values():
            for name in found:
                bits.setdefault(name, 1 << len(bits))
        inherited: dict[str, int] = {}
        for name in _parents_first(self.down, self.up):
            above = 0
            for parent in self.down[name]:
                above |= inherited[parent]
                for required in self.dependencies.get(parent, ()):
                    above |= bits[required]
            inherited[name] = above
            own = set(self.dependencies.get(name, ()))
            for required in tuple(own):
                if above & bits[required]:
                    own.discard(required)
            if own:
                self.normalized_dependencies[name] = tuple(own)
        self.normalized_down = self._with(self.normalized_dependencies)

    @property
    def heads(self) -> tuple[str, ...]:
        """Return the revisions that no other one follows."""
        return tuple(name for name in self.headers if name not in self.up)

    @property
    def real_heads(self) -> tuple[str, ...]:
        """Return the heads on which no other revision depends."""
        return tuple(name for name in self.headers if name not in self.all_up)

    @property
    def bases(self) -> tuple[str, ...]:
        """Return the revisions that follow none."""
        return tuple(name for name, parents in self.down.items() if not parents)

    @property
    def real_bases(self) -> tuple[str, ...]:
        """Return the bases that depend on nothing."""
        return tuple(name for name in self.bases if name not in self.dependencies)

    def labels(self) -> dict[str, set[str]]:
        """Return the labels of each revision that has some, given or inherited.

        A label belongs to all that follows; and to what comes before it as long as
        there is but one way, from a head down to the next fork or merge.
        """
        labels: dict[str, set[str]] = {}
        for name in dict.fromkeys(self.of_label.values()):
            own = labels.setdefault(name, set())
            own.update(self.headers[name].branch_labels)
            last = name
            for last in reachable([name], self.up):
                labels.setdefault(last, set()).update(own)
            # Alembic goes down from where its walk upwards ended.
            while len(self.all_up.get(last, ())) < 2 and len(self.down[last]) < 2:
                labels.setdefault(last, set()).update(own)
                if not self.down[last]:
                    break
                (last,) = self.down[last]
        return labels

    def in_order(self) -> list[str]:
        """Return all revisions, the newest first, as ``history`` shows them."""
        return newest_first(
            self.headers, self.real_heads, self.normalized_down, self.headers
        )


def _turned_around(down: _Names) -> dict[str, frozenset[str]]:
    up: dict[str, frozenset[str]] = {}
    for name, parents in down.items():
        for parent in parents:
            # As Alembic does it: the order within a set depends on it.
            up[parent] = up.get(parent, _NONE).union((name,))
    return up


def _parents_first(down: Links, up: Links) -> Iterator[str]:
    """Yield the revisions so that each one comes after all that it follows.

    What belongs to a circle, or follows one, is left out.
    """
    missing = {name: len(tuple(parents)) for name, parents in down.items()}
    ready = [name for name, count in missing.items() if not count]
    while ready:
        name = ready.pop()
        yield name
        for child in up.get(name, ()):
            missing[child] -= 1
            if not missing[child]:
                ready.append(child)


def _check_for_circles(down: _Names, up: Links) -> None:
    left = set(down).difference(_parents_first(down, up))
    if left:
        # Without what only follows a circle.
        left.difference_update(
            _parents_first({name: up.get(name, ()) for name in down}, down)
        )
        raise CircleError(left)


def reachable(start: Iterable[str], links: Links) -> Iterator[str]:
    """Yield what can be reached from some revisions, themselves included.

    :param start: where the walk begins.
    :param links: from each revision to the next ones.
    """
    seen = set()
    to_visit = list(start)
    while to_visit:
        name = to_visit.pop()
        if name not in seen:
            seen.add(name)
            yield name
            to_visit += links.get(name, ())


def newest_first(
    wanted: Collection[str],
    heads: Iterable[str],
    down: Mapping[str, Sequence[str]],
    order: Iterable[str],
) -> list[str]:
    """Put revisions in order: each one comes before all that it follows.

    Alembic goes down one branch after the other, and leaves a branch where another one
    has to be walked first. The order is the same here; what Alembic finds out by a set
    of all ancestors for each branch, a bit mask tells.

    :param wanted: the revisions that the result has.
    :param heads: where the walk begins; those that are not wanted do not count.
    :param down: what each revision follows.
    :param order: all revisions in the order that decides where nothing else does.
    :returns: the wanted revisions that can be reached.
    """
    todo = set(wanted)
    started = todo.intersection(heads)
    tips = [name for name in order if name in started]
    todo.difference_update(tips)
    ancestors: _Ancestors | None = None
    # The ancestors of each tip; only needed when there are several.
    below: list[int] = []
    if len(tips) > 1:
        ancestors = _Ancestors(tips, down)
        below = [ancestors.of(tip) for tip in tips]
    result = []
    current = 0
    while tips:
        tip = tips[current]
        if ancestors is not None and len(tips) > 1:
            other = _first_with(ancestors.bit(tip), below, current)
            if other is not None:
                current = other
                continue
        result.append(tip)
        parents = [one for one in down[tip] if one in todo]
        todo.difference_update(parents)
        if not parents:
            del tips[current]
            if below:
                del below[current]
            current = max(current - 1, 0)
            continue
        tips[current] = parents[0]
        if len(parents) > 1:
            tips += parents[1:]
            if ancestors is None:
                ancestors = _Ancestors(tips, down)
                below = [0]  # of this tip: set further down
            below += map(ancestors.of, parents[1:])
        if ancestors is not None and len(down[tip]) > 1:
            below[current] = ancestors.of(parents[0])
    return result


def _first_with(bit: int, masks: Sequence[int], but: int) -> int | None:
    """Return the place of the first mask with a bit, passing over one of them."""
    for place, mask in enumerate(masks):
        if mask & bit and place != but:
            return place
    return None


class _Ancestors:
    """Know the ancestors of the revisions where ways meet, as bit masks.

    A revision is one of its own ancestors.

    :param heads: where the walk begins.
    :param down: what each revision follows.
    """

    def __init__(self, heads: Iterable[str], down: Mapping[str, Sequence[str]]) -> None:
        heads = list(heads)
        region = {name: down[name] for name in reachable(heads, down)}
        up: dict[str, list[str]] = {name: [] for name in region}
        kept = set(heads)
        for name, parents in region.items():
            for parent in parents:
                up[parent].append(name)
            if len(parents) > 1:
                kept.update(parents)
        self._place: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        passing: dict[str, int] = {}
        waiting = {name: len(children) for name, children in up.items()}
        for place, name in enumerate(_parents_first(region, up)):
            self._place[name] = place
            mask = 1 << place
            for parent in region[name]:
                mask |= passing[parent]
                waiting[parent] -= 1
                if not waiting[parent]:
                    del passing[parent]
            passing[name] = mask
            if name in kept:
                self._kept[name] = mask

    def of(self, name: str) -> int:
        """Return the ancestors of a head, or of one of several parents."""
        return self._kept[name]

    def bit(self, name: str) -> int:
        """Return the bit mask of one revision alone."""
        return 1 << self._place[name]

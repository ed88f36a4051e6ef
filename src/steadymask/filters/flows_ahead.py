"""The flows of the next frame are estimated while one is filtered."""

from collections.abc import Iterable, Iterator

from steadymask.arrays import Flows
from steadymask.filters.run import Filter, Item


def flows_ahead(items: Iterable[Item], each: Filter, flows: Flows) -> Iterator[Item]:
    """Pass items on, one later than they come: the flows of the next are estimated while one is filtered.

    For a filter without look-ahead that is the first; others ask ahead of time themselves.
    """
    before: Item | None = None
    for item in items:
        if before is not None:
            if not item.starts_scene:
                for known in (before, item):
                    flows.add(known.index, known.picture)
                flows.prepare(each.pairs(item.index, [before.index, item.index]))
            yield before
        before = item
    if before is not None:
        yield before

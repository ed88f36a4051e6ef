"""The drawn pond, small, for every test that needs a clip with exact truth."""

import pytest

from steadymask.data.rendered import RenderedFrame, render_world

POND = {"size": (180, 320), "frames": 26, "fps": 12.0}


@pytest.fixture(scope="session")
def pond() -> list[RenderedFrame]:
    return list(render_world(**POND))

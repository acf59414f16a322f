"""What hypothesis draws for the tests of this room."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


@st.composite
def boxes(draw: st.DrawFn, max_size: int = 12) -> np.ndarray:
    count = draw(st.integers(0, max_size))
    corners = draw(hnp.arrays(np.int64, (count, 2), elements=st.integers(-50, 50)))
    sides = draw(hnp.arrays(np.int64, (count, 2), elements=st.integers(1, 60)))
    return np.concatenate([corners, corners + sides], axis=1).astype(np.float32)

"""What Warden costs, as ratios measured in one run on one machine: `make bench` prints every row, `python -m benchmarks NAME` some.

A benchmark is a module with ``rows() -> Iterator[Row]``. Absolute times are shown beside the ratios for orientation; a row without a known
comparison has its bar in its own unit. Nothing here is a test: machines differ, and a timed test would fail for no fault of the code.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure. `bar` is the most (or, with `at_least`, the least) that the issue asks for, in the same unit; None when it
    asks nothing.
    """

    what: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False
    detail: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the bar holds; None without one."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.at_least else self.value <= self.bar

"""A table: a frozen struct of equally long numpy arrays.

Every table of the product is a frozen, slotted dataclass that derives from `Table`; its fields are columns, each of
shape (N,) or (N, K). Tables are values: no function changes a table it was given; `take` and `concat` make new ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


_READERS: dict[type, Callable[[object], tuple[Column, ...]]] = {}


def _columns_of(table: "Table") -> tuple[Column, ...]:
    """All columns at once, in declared order, by one reader a kind of table: a tick takes rows of some fifty tables."""
    kind = type(table)
    if kind not in _READERS:
        first, *others = kind.__dataclass_fields__
        _READERS[kind] = attrgetter(first, *others) if others else lambda one: (getattr(one, first),)
    return _READERS[kind](table)


@dataclass(frozen=True, slots=True)
class Table:
    """Base of all tables: length, selection, concatenation."""

    def columns(self) -> dict[str, Column]:
        """Column name -> array, in declared order."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __len__(self) -> int:
        return len(getattr(self, next(iter(self.__dataclass_fields__))))

    def take(self, rows: Column | slice) -> Self:
        """The given rows (index array, boolean mask or slice), in the given order."""
        if isinstance(rows, np.ndarray) and rows.dtype == np.bool_:
            rows = rows.nonzero()[0]  # once, not once a column: a mask costs four times as much as an index
        return type(self)(*[column[rows] for column in _columns_of(self)])

    def only(self, is_kept: Column) -> Self:
        """The rows of a mask; where it keeps all of them this table itself, which nobody may write into then."""
        return self if is_kept.all() else self.take(is_kept)

    @classmethod
    def concat(cls, tables: "list[Self]") -> Self:
        """All rows of all tables, in order. At least one table is needed, since it carries the dtypes."""
        if len(tables) == 1:
            return tables[0]
        return cls(*map(np.concatenate, zip(*map(_columns_of, tables), strict=True)))

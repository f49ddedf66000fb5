"""A table: a frozen struct of equally long numpy arrays.

Every table of the product is a frozen, slotted dataclass that derives from `Table`; its fields are columns, each of
shape (N,) or (N, K). Tables are values: no function changes a table it was given; `take` and `concat` make new ones.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


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
        return type(self)(*(column[rows] for column in self.columns().values()))

    @classmethod
    def concat(cls, tables: "list[Self]") -> Self:
        """All rows of all tables, in order. At least one table is needed, since it carries the dtypes."""
        if len(tables) == 1:
            return tables[0]
        return cls(*(np.concatenate([getattr(t, name) for t in tables]) for name in cls.__dataclass_fields__))

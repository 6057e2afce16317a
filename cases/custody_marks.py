"""Pages that put a file into somebody's hands say so; the log of hands has the row before the page is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cases.models import Evidence, User

Find = Callable[[User, str], Evidence | None]


@dataclass(frozen=True, kw_only=True)
class Handing:
    """`deed`: a code of Custody.Deed. `find` is scoped: None is somebody else's file, which will be a 404."""

    deed: str
    find: Find


def hands_over(deed: str, find: Find) -> Callable[[Any], Any]:
    """This page shows or hands out one file; outermost, above `requires`."""

    def mark(view: Any) -> Any:
        view.handing = Handing(deed=deed, find=find)
        return view

    return mark

"""What the second thread of torch brings: a training with two threads against one, by turns."""

import torch

from benchmarks.table import Row
from benchmarks.turns import Block, alternate, speed, versus

PRODUCTS = 100
"""Number of pairs of products in a block."""


def on(threads: int, block: Block) -> Block:
    """Return a block that works with so many threads of torch, and then gives them back."""

    def limited() -> float:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            return block()
        finally:
            torch.set_num_threads(before)

    return limited


def pairs_of_products(width: int) -> Block:
    """Return a block of two products side by side, which do not wait for each other.

    What two threads gain here is all that they can gain in the products of two critics.
    """
    left, right = torch.randn(2, width, width), torch.randn(2, width, width)

    def work() -> int:
        for _ in range(PRODUCTS):
            torch.bmm(left, right)
        return PRODUCTS

    return lambda: speed(work)


def thread_rows(updates: dict[str, Block], width: int, repeats: int = 15) -> list[Row]:
    """Return a row for each block of updates, by name, and one for products alone."""
    wanted = {f"updates/s of {name}": (block, 1.6) for name, block in updates.items()}
    wanted[f"pairs/s of {width}-wide products"] = (pairs_of_products(width), 0.0)
    rows = []
    for what, (block, bar) in wanted.items():
        speeds = alternate({"ours": on(2, block), "one": on(1, block)}, repeats)
        rows.append(versus(f"{what}, two threads", speeds, "one", "one thread", bar))
    return rows

"""Merkle trees agree with published roots, and a proof holds only for what it is a proof of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import merkle

# The inputs and roots of the Certificate Transparency reference tests (facts; RFC 6962 and 9162 hash alike).
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
records = st.lists(st.binary(max_size=20), min_size=1, max_size=70)


def naive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 9162 §2.1.1, word for word and slow."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


@given(st.integers(1, 300), st.sampled_from([1, 2, 8, 64]), st.data())
def test_a_path_by_subtrees_is_the_path_from_all_leaves(count: int, size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(bytes([number % 256])) for number in range(count)]
    index = data.draw(st.integers(0, count - 1))
    roots = list(merkle.subtree_roots(leaves, size))
    first = index - index % size
    path = merkle.path_by_subtrees(leaves[first : first + size], roots, index, size)
    assert path == merkle.inclusion_path(leaves, index)
    assert merkle.root_of(roots) == merkle.root_of(leaves)


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_the_published_ones(count: int) -> None:
    leaves = [merkle.leaf_hash(record) for record in CT_LEAVES[:count]]
    assert merkle.root_of(leaves).hex() == CT_ROOTS[count - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(records)
def test_the_running_root_is_the_defined_one(rows: list[bytes]) -> None:
    leaves = [merkle.leaf_hash(row) for row in rows]
    assert merkle.root_of(leaves) == naive_root(leaves)


@given(records, st.data())
def test_every_record_can_be_proved_to_be_in_its_batch(rows: list[bytes], data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(row) for row in rows]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.inclusion_path(leaves, index)
    assert merkle.root_from_path(leaves[index], index, len(leaves), path) == merkle.root_of(leaves)


@given(records, st.data())
def test_a_proof_does_not_hold_for_another_record(rows: list[bytes], data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(row) for row in rows]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.inclusion_path(leaves, index)
    other = merkle.leaf_hash(rows[index] + b"!")
    assert merkle.root_from_path(other, index, len(leaves), path) != merkle.root_of(leaves)


def test_a_path_of_the_wrong_length_is_refused() -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(5)]
    path = merkle.inclusion_path(leaves, 2)
    with pytest.raises(ValueError, match="too short"):
        merkle.root_from_path(leaves[2], 2, 5, path[:-1])
    with pytest.raises(ValueError, match="too long"):
        merkle.root_from_path(leaves[2], 2, 5, [*path, path[0]])
    with pytest.raises(ValueError, match="outside"):
        merkle.root_from_path(leaves[2], 5, 5, path)
    with pytest.raises(IndexError):
        merkle.inclusion_path(leaves, 5)


def test_a_head_changes_with_everything_it_commits_to() -> None:
    batch: dict[str, Any] = {
        "number": 3,
        "count": 12,
        "root": b"r" * 32,
        "previous": b"p" * 32,
        "sealed_at": "2027-05-12T02:05:00+00:00",
    }
    heads = {
        merkle.head_of(merkle.Batch(**batch | change))
        for change in (
            {},
            {"number": 4},
            {"count": 13},
            {"root": b"s" * 32},
            {"previous": b"q" * 32},
            {"sealed_at": "2027-05-12T02:06:00+00:00"},
            {"number": 31, "count": 2},
        )
    }
    assert len(heads) == 7

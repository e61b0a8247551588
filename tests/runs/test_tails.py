"""Until when tails are small."""

import numpy as np
import pytest

from spectralcmi.runs.tails import TAILS, small_until


@pytest.mark.parametrize(
    ("tail", "until"),
    [
        ([1e-9, 1e-4, 9.9e-4], 2.0),
        ([1e-9, 1e-2, 1e-9], 0.0),
        ([1e-9, 1e-9, 1e-3], 0.5),
        ([1e-2, 1e-9, 1e-9], np.nan),
        ([np.nan, 1e-9, 1e-9], np.nan),
        ([], np.nan),
    ],
    ids=["all along", "only at the start", "to the limit", "never", "unknown", "no times"],
)
def test_until_when_a_tail_is_small(tail, until):
    np.testing.assert_equal(small_until([0.0, 0.5, 2.0][: len(tail)], tail), until)


def test_attributes_tell_until_when_tails_are_small(three_dimensional):
    _, dataset, _ = three_dimensional
    for attribute, name in TAILS.items():
        expected = small_until(dataset["time"].values, dataset[name].values)
        np.testing.assert_equal(dataset.attrs[attribute], expected)
    assert "whether anything would grow beyond" in dataset["tail_degree"].attrs["long_name"]

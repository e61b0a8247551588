"""Output times: which they are, and that they change nothing."""

import numpy as np
import pytest

from spectralcmi.runs.checkpoint import open_stored_run
from spectralcmi.runs.output_times import output_times
from spectralcmi.runs.run import run


@pytest.mark.parametrize(
    ("end", "interval", "expected"),
    [
        (2.0, 1.0, [0, 1, 2]),
        (2.5, 1.0, [0, 1, 2, 2.5]),
        (0.5, 1.0, [0, 0.5]),
        # the multiple of the interval comes within rounding of the end, and is one with it
        (0.3, 0.1, [0, 0.1, 0.2, 0.3]),
        (0.1 + 0.2, 0.1, [0, 0.1, 0.2, 0.3]),
    ],
)
def test_series_have_the_start_the_multiples_and_the_end(small_case, end, interval, expected):
    parameters = small_case(**{"time.end": end, "output.series_interval": interval})
    series, _ = output_times(parameters)
    np.testing.assert_allclose(series, expected, rtol=1e-15)
    assert series[-1] == end


def test_snapshots_are_taken_at_their_times_and_not_after_the_end(small_case):
    times = [0.0, 0.7, 1.0, 9.0]
    dataset = run(small_case(**{"time.end": 1.0, "output.snapshot_times": times}))
    np.testing.assert_array_equal(dataset["snapshot"], [0.0, 0.7, 1.0])
    np.testing.assert_array_equal(dataset["time"], [0.0, 0.5, 1.0])


def test_output_times_change_nothing(small_case, tmp_path):
    runs, checkpoints = {}, {}
    for interval in (0.1, 1.0, 5.0):
        path = tmp_path / f"{interval}.nc"
        parameters = small_case(**{"output.series_interval": interval, "time.end": 5.0})
        steps = []
        runs[interval] = run(parameters, path, steps.append)
        checkpoints[interval] = open_stored_run(path).checkpoint, [step.time for step in steps]
    (reference, steps), *others = checkpoints.values()
    for other, its_steps in others:
        assert its_steps == steps
        assert other.controller == reference.controller
        np.testing.assert_array_equal(other.coefficients, reference.coefficients)
        np.testing.assert_array_equal(other.totals, reference.totals)
    fine = runs[0.1]
    for interval in (1.0, 5.0):
        coarse = runs[interval]
        # the same place in the same step, but for the rounding of ten times 0.1
        same = fine.sel(time=coarse["time"], method="nearest", tolerance=1e-12)
        for name in ("energy_poloidal", "energy_toroidal", "chiral_energy", "magnetic_helicity"):
            np.testing.assert_allclose(same[name], coarse[name], rtol=1e-10, err_msg=name)
        np.testing.assert_array_equal(coarse["poloidal"], fine["poloidal"])


def test_between_steps_the_series_are_as_good_as_the_steps(small_case):
    # a hundredth of the tolerance for comparison; the error of the dense output comes to that of
    # the steps, of which 1e-4 of the field is allowed in each
    coarse = run(small_case(**{"output.series_interval": 0.07}))
    fine = run(small_case(**{"output.series_interval": 0.07, "time.tolerance": 1e-6}))
    energy = float(fine["energy_poloidal"].max())
    for name in ("energy_poloidal", "energy_toroidal"):
        np.testing.assert_allclose(coarse[name], fine[name], rtol=0, atol=1e-4 * energy)

"""Whole runs at the edges of what the parameters allow: all finite, all budgets closed."""

import numpy as np
import pytest

from spectralcmi.case.parameters import Parameters
from spectralcmi.runs.run import run
from spectralcmi.threads import Threads

SHELL = {
    "background": {
        "kind": "uniform_shell",
        "inner_radius": 9.0,
        "outer_radius": 10.0,
        "magnetic_diffusivity": 1e-2,
        "hall_prefactor": 2e-2,
        "chiral_wavenumber": 8.0,
    },
    "resolution": {"radial_order": 12, "lmax": 4},
    "dissipation.angular_rate": 0.1,
    "time": {"end": 1.0, "tolerance": 1e-6},
    "output": {"series_interval": 0.25, "snapshot_times": [0.0, 1.0]},
}
GLOBAL = {"resolution.radial_grid": "global"}
NOISE = {"initial.perturbation_amplitude": 0.1}
CASES = {
    "a single degree": {"resolution.lmax": 1},
    "a single degree in 3D": {"resolution.lmax": 1, "resolution.mmax": 1, **NOISE},
    "an odd number of degrees": {"resolution.lmax": 5, "resolution.mmax": 5, **NOISE},
    "few orders": {"resolution.lmax": 5, "resolution.mmax": 2, **NOISE},
    "fourfold symmetry": {"resolution.mmax": 4, "resolution.mres": 4, **NOISE},
    "symmetry beyond the degrees": {"resolution.mres": 7},
    "the lowest radial order": {"resolution.radial_order": 8, **GLOBAL},
    "an odd radial order": {"resolution.radial_order": 9, **GLOBAL},
    "unmapped": {"resolution.map_parameter": 0, **GLOBAL},
    "nearly equal spacing": {"resolution.map_parameter": 0.999, **GLOBAL},
    "a global expansion": GLOBAL,
    "a global expansion in 3D": {"resolution.mmax": 4, **GLOBAL, **NOISE},
    "one element": {
        "resolution.radial_grid": [9.0, 10.0],
        "resolution.element_order": 9,
        "resolution.radial_order": "auto",
    },
    "elements of the lowest order": {"resolution.element_order": 3},
    "no toroidal field inside": {"boundary.inner": "zero_toroidal", "resolution.mmax": 2, **NOISE},
    "hard cutoff": {"chiral.cutoff": "hard", "chiral.k5_max": 4.0},
    "smooth cutoff": {"chiral.k5_max": 4.0},
    "tiny cutoff": {"chiral.k5_max": 1e-9},
    "huge cutoff": {"chiral.k5_max": 1e200},
    "no chiral term": {"chiral.enabled": False},
    "no Hall term": {"hall.enabled": False},
    "Ohmic decay alone": {"hall.enabled": False, "chiral.enabled": False},
    "no angular dissipation": {"dissipation.angular_rate": 0.0},
    "fourth order": {"time.scheme": "ark4"},
    "fixed steps": {"time.step": 1e-2},
    "fixed steps without error estimate": {"time.step": 1e-2, "time.scheme": "ars343"},
    "a strong field": {"initial.polar_field": 1e13, "time.end": 0.25},
    "a weak field": {"initial.polar_field": 1e-6},
    "a negative field": {"initial.polar_field": -1e12},
    "a toroidal field": {
        "initial": {"kind": "modes", "modes": [{"degree": 2, "kind": "toroidal"}]}
    },
    "a random helical field": {
        "initial": {"kind": "random", "lmax": 4, "helicity": -1.0, "lmin": 4},
        "resolution.mmax": 4,
    },
}


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_run(changes):
    parameters = Parameters().replace(SHELL).replace(changes)
    dataset = run(parameters, threads=Threads(1))
    end = parameters.time.end
    assert dataset["time"].values.tolist() == [0.25 * k for k in range(round(end / 0.25) + 1)]
    assert dataset["snapshot"].values.tolist() == [t for t in (0.0, 1.0) if t <= end]
    for name in dataset.data_vars:
        assert np.all(np.isfinite(dataset[name].values)), name
    assert np.all(dataset["rms_field"] > 0)

    before = (dataset["energy_poloidal"] + dataset["energy_toroidal"]).values
    total = before + dataset["energy_exterior"].values
    gained = np.array(
        [dataset[f"{term}_energy"][-1] for term in ("ohmic", "chiral", "angular_dissipation")]
    )
    # the tolerance of each of some hundred steps
    assert total[-1] - total[0] == pytest.approx(gained.sum(), abs=1e-4 * np.abs(gained).sum())
    assert gained[0] < 0 and gained[2] <= 0
    if not parameters.chiral.enabled:
        # its power is that of all explicit terms, and Hall's round-off is in it
        assert abs(gained[1]) < 1e-12 * abs(gained[0])
    assert (gained[2] == 0) == (
        not parameters.hall.enabled or parameters.dissipation.angular_rate == 0
    )

    poloidal, toroidal = dataset["poloidal"].values, dataset["toroidal"].values
    # of the boundary rows, after an interpolation of polynomials
    assert np.abs(poloidal[:, 0]).max() < 1e-10 * np.abs(poloidal).max()
    assert np.abs(toroidal[:, -1]).max() <= 1e-10 * np.abs(toroidal).max()
    if parameters.boundary.inner == "zero_toroidal":
        assert np.abs(toroidal[:, 0]).max() <= 1e-10 * np.abs(toroidal).max()


@pytest.mark.parametrize(
    ("output", "times", "snapshots"),
    [
        # snapshots on, between and beside the times of the series, some closer than clocks resolve
        (
            {"series_interval": 0.1, "snapshot_times": [0.1, 0.15, 0.3]},
            [0, 0.1, 0.2, 0.3],
            [0.1, 0.15, 0.3],
        ),
        ({"series_interval": 0.1, "snapshot_times": [0.2, 0.2 + 1e-12]}, [0, 0.1, 0.2, 0.3], [0.2]),
        ({"series_interval": 7.0, "snapshot_times": []}, [0, 0.3], []),
        ({"series_interval": 0.2, "snapshot_times": [0.0, 0.4]}, [0, 0.2, 0.3], [0]),
    ],
)
def test_output_times(output, times, snapshots):
    parameters = Parameters().replace(SHELL).replace({"output": output, "time.end": 0.3})
    dataset = run(parameters, threads=Threads(1))
    np.testing.assert_allclose(dataset["time"], times, atol=1e-15)
    np.testing.assert_allclose(dataset["snapshot"], snapshots, atol=1e-15)
    # a snapshot between two times of the series moves neither
    plain = run(parameters.replace({"output.snapshot_times": []}), threads=Threads(1))
    np.testing.assert_allclose(dataset["rms_field"], plain["rms_field"], rtol=1e-6)

"""Growth about a snapshot of a run."""

import numpy as np
import pytest
import xarray as xr

import spectralcmi
from spectralcmi.case.parameters import Parameters
from spectralcmi.linear import shift_invert
from spectralcmi.linear.stored_states import stability, verdict
from spectralcmi.netcdf_files import load_netcdf
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.files import save_dataset
from spectralcmi.threads import Threads

PARAMETERS = {
    "background": {
        "kind": "uniform_shell",
        "inner_radius": 0.75,
        "outer_radius": 1.0,
        "magnetic_diffusivity": 1.0,
        "hall_prefactor": 1e-3,
        "chiral_wavenumber": 40.0,
    },
    "chiral": {"k5_max": 1e9},
    "metric": {"kind": "flat"},
    "time": {"end": 1e-4},
    "output": {"series_interval": 1e-4, "snapshot_times": [0.0, 1e-4]},
}


def short_run(**changes):
    """A run of a weak field, whose perturbations grow as if there were none."""
    parameters = Parameters(resolution={"lmax": 3, "radial_order": 12}, **PARAMETERS)
    return spectralcmi.run(parameters.replace(changes), threads=Threads(1))


@pytest.fixture(scope="module")
def weak_run():
    return short_run()


@pytest.fixture(scope="module")
def growth(weak_run):
    return stability(weak_run, 1e-4, (0, 2), degrees=(30,), tolerance=1e-3, threads=Threads(1))


def test_growth_about_a_weak_field_is_that_of_the_chiral_instability(growth):
    """Degree 3 grows fastest, with 275.9317 whatever the order; Hall drift is 1e-3 of decay.

    A residual of 1e-3, of modes that are nearly orthogonal.
    """
    assert growth["growth_rate"].dims == ("order", "lmax", "resolution")
    np.testing.assert_allclose(growth["growth_rate"], 275.9317, rtol=2e-3)
    assert np.all(growth["residual"] <= 1e-3)
    np.testing.assert_allclose(growth["mean_degree"], 3.0, atol=0.05)
    assert growth.attrs["verdict"].startswith("resolved: growth changes by")
    assert growth.attrs["time_yr"] == 1e-4
    # in a slab: -K^2 + k5 K, K^2 = k^2 + (n pi/0.25)^2; k = 30/r is above 30, and n at least 1
    fastest = np.hypot(30 / growth["local_growth_rate"].attrs["radius_km"], np.pi / 0.25)
    np.testing.assert_allclose(growth["local_growth_rate"], fastest * (40 - fastest), rtol=0.02)


def test_growth_on_a_global_expansion_is_the_same():
    """As above, with a residual of 1e-2."""
    run = short_run(**{"resolution.radial_grid": "global"})
    found = stability(run, refine=3, degrees=(), threads=Threads(1))
    np.testing.assert_allclose(found["growth_rate"], 275.9317, rtol=2e-2)
    assert found["resolution"].values.tolist() == [1, 3]


def test_a_mode_is_of_its_order_and_has_unit_energy(growth):
    """Its energy by degree adds up; P and T are the mode of the finer resolution."""
    np.testing.assert_allclose(growth["energy_share"].sum("degree"), 1.0, rtol=1e-9)
    for order in (0, 2):
        mode = growth.sel(order=order, lmax=3)
        low = mode["poloidal"].sel(degree=mode["degree"] < max(order, 1))
        assert not np.any(low)
        assert np.abs(mode["poloidal"]).max() > 0
        assert np.abs(mode["toroidal"].sel(degree=3)).max() > 1e11  # unit energy in 1 km3


def test_too_coarse_a_radius_is_not_resolved():
    """Waves of k = 50, two in the shell's width, on eight functions."""
    run = short_run(
        **{
            "resolution.radial_grid": "global",
            "resolution.radial_order": 8,
            "background.chiral_wavenumber": 100.0,
        }
    )
    found = stability(run, degrees=(), threads=Threads(1))
    assert float(found["change"].max()) > 0.05
    assert not found["resolved"].any()
    assert found.attrs["verdict"].startswith("not resolved: growth changes by")
    assert "local_growth_rate" not in found


def test_an_iteration_that_ended_early_decides_nothing(weak_run, monkeypatch):
    """Evolution in time, for want of memory, and for too short a time."""
    monkeypatch.setattr(shift_invert, "usable_memory", lambda: 1e3)
    told = []
    found = stability(
        weak_run, degrees=(), most_intervals=1, threads=Threads(1), progress=told.append
    )
    reasons = [text for text in told if text.startswith("evolved in time, which takes longer: ")]
    assert len(reasons) == 2
    assert "factors need" in reasons[0]
    assert found["residual"].max() > 0.05
    assert not found["resolved"].any()
    assert found.attrs["verdict"].startswith("undecided, as the iteration ended with a residual")


def test_a_faster_mode_that_cannot_be_excluded_is_told(growth):
    """Whatever the two resolutions say."""
    said = verdict(growth.assign(residual=growth["residual"] + np.inf))
    assert said.startswith("undecided, as a faster mode cannot be excluded; growth changes by")


def test_orders_of_other_states_are_coupled():
    run = short_run(
        **{
            "initial.perturbation_amplitude": 1e-3,
            "resolution.lmax": 2,
            "resolution.mmax": 2,
        }
    )
    found = stability(run, refine=1, degrees=(), threads=Threads(1))
    assert found["order"].values.tolist() == [-1]
    assert "poloidal" not in found
    assert verdict(found) == "one resolution: no verdict"
    with pytest.raises(ValueError, match="orders: those of a state that is not axisymmetric"):
        stability(run, orders=(0,))


def test_the_answer_can_be_stored(growth, tmp_path):
    save_dataset(growth, tmp_path / "growth.nc")
    xr.testing.assert_identical(load_netcdf(tmp_path / "growth.nc"), growth)


def test_it_is_drawn_with_the_limit_of_the_run(growth):
    ax = spectralcmi.plot.growth(growth)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == [
        r"local, along $\theta$", r"local, along $\varphi$", "global, $m = 0$", "global, $m = 2$",
        r"$l_\mathrm{max}$",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="no variable growth_rate"):
        spectralcmi.plot.growth(growth.drop_vars("growth_rate"))


def test_impossible_wishes_are_named(weak_run):
    for wish, text in (
        ({"orders": ()}, "order: none is given"),
        ({"orders": (0.5,)}, "are not whole numbers"),
        ({"orders": (-1,)}, "order=-1 is below 0"),
        ({"orders": (4,)}, "order=4 exceeds lmax=3"),
        ({"lmax": (0,)}, "lmax=0 is below 1"),
        ({"refine": 0}, "refine=0 is not a whole number from 1"),
    ):
        with pytest.raises(ValueError, match=text):
            stability(weak_run, **wish)


def test_the_command_writes_what_was_found(weak_run, tmp_path, capsys):
    from spectralcmi.cli import main

    path = tmp_path / "run.nc"
    save_dataset(weak_run, path)
    names = ["growth.nc", "growth.csv", "growth.png"]
    code = main(
        ["stability", str(path), "--orders", "1", "--degrees", "30", "--lmax", "2", "--refine", "1"]
        + ["--output", *(str(tmp_path / name) for name in names)]
    )
    assert code == 0
    out, err = capsys.readouterr()
    assert "year 0.0001: one resolution" in err
    header, first, *_, last = out.splitlines()
    *words, rate, _, _, residual = header.split(",")
    assert words == ["kind", "order", "lmax", "direction", "degree", "resolution"]
    assert (rate, residual) == ("growth_rate [julian_year^-1]", "residual")
    assert first.startswith("global,1,2,,")
    assert last.startswith("local,,,phi,30,,")
    assert (tmp_path / "growth.csv").read_text() == out
    assert (tmp_path / "growth.png").stat().st_size > 1000
    with pytest.raises(ValueError, match="not written by spectralcmi"):
        open_run(tmp_path / "growth.nc")
    assert main(["stability", str(path), "--output", str(tmp_path / "growth.txt")]) == 2
    assert main(["stability", str(path), "--orders", "x"]) == 2
    assert "'x' is not like 0:3 or 1,2,5" in capsys.readouterr().err

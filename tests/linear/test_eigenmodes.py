"""Linear theory against exact rates, against the time loop's own tendency, and against itself."""

import importlib
import json

import numpy as np
import pytest
import xarray as xr

import spectralcmi as cmi
from spectralcmi.build import build_equation
from spectralcmi.case.parameters import parameters_from_json
from spectralcmi.cli import main
from spectralcmi.grid.chebyshev import RadialBasis, RadialMap, radial_basis
from spectralcmi.model import InductionEquation
from spectralcmi.profiles.crust import build_crust, crust_radii

module = importlib.import_module("spectralcmi.linear.eigenmodes")
eigenmodes = cmi.eigenmodes


def uniform_shell(k5, radial_order=48, **changes):
    """The shell 0.75 .. 1 of unit diffusivity, whose rates are known exactly; no cutoff."""
    background = {
        "kind": "uniform_shell",
        "inner_radius": 0.75,
        "outer_radius": 1.0,
        "magnetic_diffusivity": 1.0,
        "chiral_wavenumber": k5,
    }
    return cmi.Parameters(
        background=background, chiral={"k5_max": 1e9}, resolution={"radial_order": radial_order}
    ).replace(changes)


def crust(radial_order, **changes):
    return cmi.Parameters(resolution={"radial_order": radial_order}).replace(changes)


# Exact rates


@pytest.mark.parametrize(
    ("k5", "rates", "digits"),
    [
        (20.0, [20.59735, 16.89802, 12.27302], 5),
        (40.0, [269.8579, 272.5154, 275.9317], 4),
    ],
)
def test_growth_rates_of_a_uniform_shell(k5, rates, digits):
    """Known to the printed digits, so to half a unit of the last."""
    modes = eigenmodes(uniform_shell(k5), [1, 2, 3], modes=1)
    np.testing.assert_allclose(modes["growth_rate"][:, 0], rates, rtol=0, atol=0.51 * 10**-digits)


@pytest.mark.parametrize(("degree", "k5"), [(1, 16.765325), (2, 17.592807), (3, 18.433031)])
def test_growth_begins_at_the_exact_wavenumber(degree, k5):
    """Half a unit of the last printed digit of k5, to either side, changes the sign of growth."""
    rates = [
        float(eigenmodes(uniform_shell(k5 + shift), [degree], 1)["growth_rate"][0, 0])
        for shift in (-0.51e-6, 0.51e-6)
    ]
    assert rates[0] < 0 < rates[1]


def test_without_chiral_term_the_rates_are_those_of_free_decay():
    """Decay constants of the shell, known to half a unit of their last digits."""
    slowest = {1: (6.515701, 7.03266), 2: (6.957296, 7.81795)}
    modes = eigenmodes(uniform_shell(20.0, **{"chiral.enabled": False}), degrees=[1, 2], modes=2)
    for degree, constants in slowest.items():
        rates = modes["growth_rate"].sel(degree=degree)
        np.testing.assert_allclose(rates, -np.square(constants), rtol=2e-6)
    assert np.all(modes["frequency"] == 0)


def test_rates_converge_exponentially_in_the_radial_order():
    """Errors at radial orders in steps of 4 fall by a factor 10 or more each until 1e-10.

    1e-10 of the rate is the round-off of the best one: 1e-16 times the fastest decay rate of radial
    order 40, 1e6 times larger. How much of it appears depends on the BLAS.
    """
    # unmapped: the automatic map has an error of its own, held at 1e-12
    orders = [10, 14, 18, 22, 26, 40]
    rates = [
        eigenmodes(uniform_shell(20.0, order, **{"resolution.map_parameter": 0}), [2], 1)[
            "growth_rate"
        ].item()
        for order in orders
    ]
    error = np.abs(np.array(rates[:-1]) / rates[-1] - 1)
    assert np.all((error[1:] < error[:-1] / 10) | (error[1:] < 1e-10))
    assert error[-1] < 1e-10


def test_rates_scale_with_length_and_diffusivity():
    """Twice as thick, three times as diffusive, half the wave number: 3/4 of the rates.

    Round-off of eigenvalues, 1e-16 of the fastest decay rate, is 1e-12 of the slow ones.
    """
    small = eigenmodes(uniform_shell(20.0), [1], 4)
    background = {
        "background.inner_radius": 1.5,
        "background.outer_radius": 2.0,
        "background.magnetic_diffusivity": 3.0,
    }
    large = eigenmodes(uniform_shell(10.0, **background), [1], 4)
    np.testing.assert_allclose(large["growth_rate"], 0.75 * small["growth_rate"], rtol=1e-10)


def test_the_sign_of_k5_changes_the_hand_of_the_mode_alone():
    left, right = (eigenmodes(uniform_shell(k5), [1, 4], 3) for k5 in (-30.0, 30.0))
    # the matrices differ by the sign of one block, their eigenvalues by round-off
    np.testing.assert_allclose(left["growth_rate"], right["growth_rate"], rtol=1e-10)
    hands = [(m["poloidal"].conj() * m["toroidal"]).real.sum("radius") for m in (left, right)]
    fastest = [np.sign(hand.isel(mode=0)) for hand in hands]
    assert np.all(fastest[0] == -1)
    assert np.all(fastest[1] == 1)


# The same matrix as the time loop's


def matrix_of_the_time_loop(equation: InductionEquation, column: int) -> np.ndarray:
    """Tendency of each free-decay mode of a column, Ohmic decay included."""
    size = equation.shape[0]
    matrix = np.empty((size, size))
    state, out = np.zeros(equation.shape), np.empty(equation.shape)
    for mode in range(size):
        state[mode, column] = 1.0
        equation.explicit_terms(state, out)
        matrix[:, mode] = out[:, column] - equation.implicit_rates[:, column] * state[:, column]
        state[mode, column] = 0.0
    return matrix


@pytest.mark.parametrize("cutoff", ["smooth", "hard"])
def test_rates_are_those_of_the_time_loop(cutoff):
    """The default crust, column by column through the transforms, for m = 0 and m > 0.

    The transforms add round-off, some 1e-15 of the fastest decay rate.
    """
    parameters = crust(
        16,
        **{
            "resolution.lmax": 3,
            "resolution.mmax": 3,
            "chiral.cutoff": cutoff,
            "chiral.anomaly": False,
            "hall.enabled": False,
            "dissipation.angular_rate": 0.0,
        },
    )
    equation = build_equation(parameters)
    modes = eigenmodes(parameters, [1, 2, 3], modes=None)
    columns = equation.shell.columns
    for degree, order in ((1, 0), (3, 0), (2, 1), (3, 3)):
        column = np.flatnonzero((columns.degree == degree) & (columns.order == order))[-1]
        matrix = matrix_of_the_time_loop(equation, column)
        expected = np.sort_complex(np.linalg.eigvals(matrix))
        here = modes.sel(degree=degree)
        found = np.sort_complex(here["growth_rate"].values + 1j * here["frequency"].values)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_eigenfunctions_solve_the_equation_at_every_point():
    """gamma P = eta (Lap_l P + k5 T) inside, with P and T from the dataset alone.

    Two derivatives of a field of 32 polynomials multiply round-off by about its fourth power.
    """
    k5, degree = 20.0, 2
    modes = eigenmodes(uniform_shell(k5, 32), [degree], 3).sel(degree=degree)
    basis = radial_basis(0.75, 1.0, 32)
    values, _, second = basis.evaluation
    product = degree * (degree + 1) / basis.radius**2
    for n in range(3):
        p, t = (
            basis.coefficients_from_storage(modes[name].values[n] * basis.storage_radius)
            for name in ("poloidal", "toroidal")
        )
        rate = complex(modes["growth_rate"][n], modes["frequency"][n])
        right = second @ p - product * (values @ p) + k5 * (values @ t)
        scale = np.abs(second @ p).max()
        np.testing.assert_allclose(rate * (values @ p) / scale, right / scale, rtol=0, atol=1e-9)


@pytest.mark.parametrize("inner", ["perfect_conductor", "zero_toroidal"])
def test_eigenfunctions_keep_the_boundary_conditions_and_have_unit_energy(inner):
    parameters = uniform_shell(30.0, 32, **{"boundary.inner": inner})
    modes = eigenmodes(parameters, [1, 3], 4)
    basis = radial_basis(0.75, 1.0, 32)
    values, slopes = basis.boundary_evaluation
    evaluation = basis.evaluation
    for degree in (1, 3):
        for n in range(4):
            mode = modes.sel(degree=degree).isel(mode=n)
            p, t = (
                basis.coefficients_from_storage(mode[name].values * basis.storage_radius)
                for name in ("poloidal", "toroidal")
            )
            # round-off of a sum of 32 polynomials, and of their derivatives (up to 32^2)
            assert abs(values[0] @ p) < 1e-12
            assert abs(values[1] @ t) < 1e-12
            assert abs(slopes[1] @ p + degree * values[1] @ p) < 1e-9
            electric = slopes[0] @ t - 30.0 * (slopes[0] @ p)
            if inner == "zero_toroidal":
                assert abs(values[0] @ t) < 1e-12
            else:  # a natural condition: it holds as the mode converges
                assert abs(electric) < 1e-6 * np.abs(evaluation[1] @ t).max()
            product = degree * (degree + 1)
            density = product * np.abs(evaluation[0] @ p) ** 2 / basis.radius**2
            density += np.abs(evaluation[1] @ p) ** 2 + np.abs(evaluation[0] @ t) ** 2
            exterior = degree * abs(values[1] @ p) ** 2
            energy = product * (basis.weights @ density + exterior)
            assert energy == pytest.approx(1.0, rel=1e-9)  # the quadrature's own round-off


# The default crust


@pytest.mark.parametrize(("convention", "rate"), [("textbook", 0.180), ("dehman_pons", 0.113)])
def test_growth_of_the_default_crust(convention, rate):
    """Three printed digits; the same for l = 1 and 20, as waves of 20 m feel no angle."""
    modes = eigenmodes(crust(192, **{"chiral.convention": convention}), [1, 20], 2)
    fastest = modes["growth_rate"].values[:, 0]
    np.testing.assert_allclose(fastest, rate, rtol=0, atol=0.5e-3)
    # a relative change of L/(k r)^2 with k = 300/km at most
    assert np.ptp(fastest) < 20 * 21 / (300.0 * 11.5) ** 2 * rate
    assert np.all(modes["truncation"] < 0.05)  # resolved, but not to the last digit


@pytest.mark.parametrize("k5_max", [50.0, 300.0, 3000.0])
def test_growth_never_exceeds_that_of_the_fastest_local_wave(k5_max):
    """Also for a mode that is not resolved at all: the bound holds for the matrix itself."""
    parameters = crust(48, **{"chiral.k5_max": k5_max})
    basis = radial_basis(*crust_radii(parameters.background), 48)
    profiles = build_crust(parameters.background, parameters.chiral, basis.radius)
    k5 = module.weak_field_wavenumber(parameters.chiral, profiles)
    limit = float((profiles["magnetic_diffusivity"].values * k5**2).max()) / 4
    modes = eigenmodes(parameters, [1, 7], 1)
    assert np.all(modes["growth_rate"] < limit)
    assert np.all(modes["growth_rate"] > 0.1 * limit)  # or the bound says nothing


def test_the_truncation_tells_what_is_not_resolved():
    coarse, fine = (eigenmodes(crust(n), [1], 1)["truncation"].item() for n in (32, 224))
    assert coarse > 0.1
    assert fine < 0.002


# None is missed


@pytest.mark.parametrize(
    "parameters",
    [
        crust(128),
        crust(160, **{"chiral.k5_max": 150.0, "chiral.convention": "dehman_pons"}),
        crust(128, **{"chiral.cutoff": "hard", "boundary.inner": "zero_toroidal"}),
        uniform_shell(80.0, 100),
        uniform_shell(5.0, 100),
    ],
    ids=["crust", "crust, long waves", "crust, hard cutoff", "shell", "stable shell"],
)
def test_the_iteration_misses_none_of_the_fastest(monkeypatch, parameters):
    """Against all eigenvalues, whose own round-off is 1e-16 of the fastest decay rate."""
    every = eigenmodes(parameters, [1, 4, 30], modes=None)
    monkeypatch.setattr(module, "LARGEST_DENSE_ORDER", 1)
    few = eigenmodes(parameters, [1, 4, 30], modes=10)
    for name in ("growth_rate", "frequency"):
        dense = every[name].isel(mode=slice(10)).values
        # the tenth and eleventh may be a pair; its first member is kept
        scale = np.abs(every["growth_rate"]).max().item()
        np.testing.assert_allclose(np.abs(few[name]), np.abs(dense), rtol=0, atol=1e-11 * scale)


def test_few_modes_are_the_first_of_all():
    few, every = (eigenmodes(uniform_shell(25.0, 24), [2], n) for n in (5, None))
    xr.testing.assert_equal(few, every.isel(mode=slice(5)))
    # two fields of 24 polynomials, less the boundary conditions: p two, t one
    assert every.sizes["mode"] == 2 * 24 - 3


def test_modes_are_ordered_and_pairs_are_adjacent():
    modes = eigenmodes(crust(64), [1], modes=None).isel(degree=0)
    rate, frequency = modes["growth_rate"].values, modes["frequency"].values
    assert np.all(np.diff(rate) <= 0)
    waves = np.flatnonzero(frequency != 0)
    assert waves.size  # eta k5 varies, so that some waves travel
    assert np.all(frequency[waves[0::2]] > 0)
    np.testing.assert_array_equal(frequency[waves[1::2]], -frequency[waves[0::2]])
    np.testing.assert_array_equal(rate[waves[1::2]], rate[waves[0::2]])


def test_threads_change_nothing(monkeypatch):
    results = []
    for count in ("1", "2"):
        monkeypatch.setenv("SPECTRALCMI_THREADS", count)
        results.append(eigenmodes(uniform_shell(25.0, 24), [5, 1, 3], 4))
    xr.testing.assert_identical(*results)
    np.testing.assert_array_equal(results[0]["degree"], [5, 1, 3])


# The cutoff


def test_the_cutoff_is_smooth_or_hard_and_never_overflows():
    k5 = np.array([-1e9, -600.0, -1.0, 0.0, 1.0, 600.0, 1e9])
    np.testing.assert_array_equal(module.cut(k5, 600.0, smooth=False), np.clip(k5, -600, 600))
    np.testing.assert_array_equal(module.cut(k5, np.inf, smooth=True), k5)
    moderate = np.linspace(-2000.0, 2000.0, 101)
    expected = moderate / (1 + np.abs(moderate / 600.0) ** 8) ** 0.125
    # round-off of an eighth power and an eighth root
    np.testing.assert_allclose(module.cut(moderate, 600.0, smooth=True), expected, rtol=1e-14)
    extreme = module.cut(np.array([1e300, -1e300]), 1e-300, smooth=True)
    np.testing.assert_array_equal(extreme, [1e-300, -1e-300])


# What comes out, and what is refused


def test_the_dataset_says_what_it_holds(tmp_path):
    parameters = crust(32)
    modes = eigenmodes(parameters, range(2, 5), 3)
    assert modes["growth_rate"].dims == ("degree", "mode")
    assert modes["poloidal"].dims == modes["toroidal"].dims == ("degree", "mode", "radius")
    assert modes["growth_rate"].attrs["units"] == modes["frequency"].attrs["units"] == "1/yr"
    for variable in modes.variables.values():
        assert variable.attrs["units"]
        assert variable.attrs["long_name"]
    assert parameters_from_json(modes.attrs["parameters"]) == parameters
    assert json.loads(modes.attrs["parameters"])["chiral"]["k5_max"] == 600.0
    assert modes.attrs["source"] == f"spectralcmi {cmi.__version__}"
    modes.to_netcdf(tmp_path / "modes.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "modes.nc", engine="h5netcdf") as saved:
        xr.testing.assert_identical(saved.load(), modes)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"degrees": [0, 1]}, "degree=0 is below 1"),
        ({"degrees": []}, "degrees is empty"),
        ({"degrees": [1.5]}, r"degrees=\[1.5\] are not integers"),
        ({"modes": 0}, "modes=0 is not between 1 and 29"),
        ({"modes": 30}, "modes=30 is not between 1 and 29"),
    ],
)
def test_impossible_wishes_are_named(options, text):
    with pytest.raises(ValueError, match=text):
        eigenmodes(uniform_shell(1.0, 16), **options)


def test_what_does_not_fit_into_memory_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr(module, "usable_memory", lambda: 8e9)
    with pytest.raises(MemoryError, match=r"radial_order=10000: .* needs 28.\d GB .* 8.0 GB"):
        eigenmodes(crust(10000))
    # all modes of as many degrees would not fit either, though one degree would
    with pytest.raises(MemoryError, match="radial_order=2000"):
        eigenmodes(crust(2000), range(1, 61), modes=None)


def test_the_memory_asked_for_is_that_of_the_machine_or_less(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (12345, resource.RLIM_INFINITY))
    assert module.usable_memory() == 12345
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY,) * 2)
    assert module.usable_memory() > 12345


def test_the_matrix_needs_no_map():
    """The same rates in polynomials of the plain radius, to what both resolve."""
    basis = RadialBasis(RadialMap(0.75, 1.0, 0.0), 40, 60)
    eta, k5 = np.ones(60), np.full(60, 20.0)
    decay = module.degree_modes(basis, eta, 1, "perfect_conductor", "potential")
    rates = np.linalg.eigvals(module.evolution_matrix(basis, eta, k5, 1, decay))
    mapped = eigenmodes(uniform_shell(20.0), [1], 1)["growth_rate"].item()
    # the map's own error, 1e-12, times the fastest decay rate relative to this one
    assert rates.real.max() == pytest.approx(mapped, rel=1e-8)


# The command


SHELL = """
[background]
kind = "uniform_shell"
inner_radius = 0.75
outer_radius = 1.0
magnetic_diffusivity = 1.0
chiral_wavenumber = 20.0
[chiral]
k5_max = 1e9
[resolution]
radial_order = 32
"""


def printed(capsys):
    header, *rows = capsys.readouterr().out.splitlines()
    return header.split(","), np.array([[float(n) for n in row.split(",")] for row in rows])


def test_the_command_prints_the_fastest_or_as_many_as_wanted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.toml").write_text(SHELL)
    assert main(["eigenmodes", "case.toml", "--degrees", "1:3"]) == 0
    header, rows = printed(capsys)
    assert header == ["degree [1]", "growth_rate [1/yr]", "frequency [1/yr]"]
    np.testing.assert_array_equal(rows[:, 0], [1, 2, 3])
    # five printed digits
    np.testing.assert_allclose(rows[:, 1], [20.59735, 16.89802, 12.27302], rtol=0, atol=0.51e-5)
    command = ["eigenmodes", "case.toml", "--degrees", "2,5", "--modes", "4", "--output", "m.nc"]
    assert main(command) == 0
    header, rows = printed(capsys)
    assert header[:2] == ["degree [1]", "mode [1]"]
    np.testing.assert_array_equal(rows[:, :2], [(d, n) for d in (2, 5) for n in (1, 2, 3, 4)])
    with xr.open_dataset("m.nc", engine="h5netcdf") as saved:
        # ten digits are printed
        np.testing.assert_allclose(saved["growth_rate"].values.ravel(), rows[:, 2], rtol=1e-9)


def test_the_command_finds_the_fastest_without_cutoff(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = ["--degrees", "1", "--fastest", "--chiral.k5_max", "1e99", "--output", "f.nc"]
    assert main(["eigenmodes", *options]) == 0
    header, rows = printed(capsys)
    assert header[1:] == [
        "growth_rate [1/yr]", "frequency [1/yr]", "location [km]", "wavelength [km]"
    ]  # fmt: skip
    with xr.open_dataset("f.nc", engine="h5netcdf") as saved:
        for column, name in enumerate(("growth_rate", "frequency", "location", "wavelength"), 1):
            # ten digits are printed
            assert saved[name].item() == pytest.approx(rows[0, column], rel=1e-9)
    assert main(["eigenmodes", "--fastest", "--modes", "3"]) == 2
    assert "takes no --modes" in capsys.readouterr().err


def test_the_command_says_what_is_not_resolved_or_does_not_fit(monkeypatch, capsys):
    options = ["--degrees", "1:2", "--resolution.radial_order", "32"]
    assert main(["eigenmodes", *options]) == 0
    assert "2 of 2 degrees are not resolved" in capsys.readouterr().err
    monkeypatch.setattr(module, "usable_memory", lambda: 1e5)
    assert main(["eigenmodes", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "GB of memory" in err

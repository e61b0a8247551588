"""Linear theory against exact rates, against the time loop's own tendency, and against itself.

Where one global expansion is asked for, spectral accuracy or its memory is what is tested.
"""

import importlib
import itertools
import json

import numpy as np
import pytest
import xarray as xr

import spectralcmi as cmi
from spectralcmi.build import build_model, weak_field_wavenumber
from spectralcmi.case.versions import parameters_from_json
from spectralcmi.cli import main
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.stored import stored_basis
from spectralcmi.profiles.crust import build_crust, crust_radii

module = importlib.import_module("spectralcmi.linear.eigenmodes")
eigenmodes = cmi.eigenmodes


GRIDS = ("global", "auto")


def uniform_shell(k5, radial_order=48, grid="global", **changes):
    """The shell 0.75 .. 1 of unit diffusivity, whose rates are known exactly; no cutoff."""
    background = {
        "kind": "uniform_shell",
        "inner_radius": 0.75,
        "outer_radius": 1.0,
        "magnetic_diffusivity": 1.0,
        "chiral_wavenumber": k5,
    }
    return cmi.Parameters(
        background=background,
        chiral={"k5_max": 1e9},
        resolution={"radial_order": radial_order, "radial_grid": grid},
    ).replace(changes)


def crust(radial_order="auto", grid="global", **changes):
    """The default crust in flat space."""
    resolution = {"radial_order": radial_order, "radial_grid": grid}
    return cmi.Parameters(resolution=resolution, metric={"kind": "flat"}).replace(changes)


def elements(k5, breakpoints, element_order):
    """The uniform shell on given elements."""
    changes = {"resolution.element_order": element_order}
    return uniform_shell(k5, "auto", tuple(breakpoints), **changes)


# Exact rates


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize(
    ("k5", "rates", "digits"),
    [
        (20.0, [20.59735, 16.89802, 12.27302], 5),
        (40.0, [269.8579, 272.5154, 275.9317], 4),
    ],
)
def test_growth_rates_of_a_uniform_shell(k5, rates, digits, grid):
    """Known to the printed digits, so to half a unit of the last."""
    modes = eigenmodes(uniform_shell(k5, 64, grid), [1, 2, 3], modes=1)
    np.testing.assert_allclose(modes["growth_rate"][:, 0], rates, rtol=0, atol=0.51 * 10**-digits)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize(("degree", "k5"), [(1, 16.765325), (2, 17.592807), (3, 18.433031)])
def test_growth_begins_at_the_exact_wavenumber(degree, k5, grid):
    """Half a unit of the last printed digit of k5, to either side, changes the sign of growth."""
    rates = [
        float(eigenmodes(uniform_shell(k5 + shift, 64, grid), [degree], 1)["growth_rate"][0, 0])
        for shift in (-0.51e-6, 0.51e-6)
    ]
    assert rates[0] < 0 < rates[1]


@pytest.mark.parametrize("grid", GRIDS)
def test_without_chiral_term_the_rates_are_those_of_free_decay(grid):
    """Decay constants of the shell, known to half a unit of their last digits."""
    slowest = {1: (6.515701, 7.03266), 2: (6.957296, 7.81795)}
    parameters = uniform_shell(20.0, 48, grid, **{"chiral.enabled": False})
    modes = eigenmodes(parameters, degrees=[1, 2], modes=2)
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


@pytest.mark.parametrize("k5", [20.0, 40.0])
def test_rates_converge_exponentially_in_the_order_of_elements(k5):
    """Errors fall by a factor 5 or more from one order to the next until 1e-10.

    1e-10 is 1e-16 times the fastest decay rate of order 12 on elements of 1/16, 1e6 times the rate.
    """
    exact = eigenmodes(uniform_shell(k5, 64), [1, 3], 1)["growth_rate"].values
    errors = [
        np.abs(
            eigenmodes(elements(k5, np.linspace(0.75, 1.0, 5), order), [1, 3], 1)["growth_rate"]
            / exact
            - 1
        ).max()
        for order in (5, 6, 7, 8, 10, 12)
    ]
    for before, after in itertools.pairwise(errors):
        assert after < max(before / 5, 1e-10)
    assert errors[-1] < 1e-10


@pytest.mark.parametrize("seed", range(3))
def test_rates_do_not_depend_on_where_the_breakpoints_are(seed):
    """Elements of any lengths in the ratio 1 to 4.

    The fastest decay rate of the shortest element, 1/80, and order 10 is 1e7 of the rate: 1e-9.
    """
    sizes = np.random.default_rng(seed).uniform(1.0, 4.0, 8)
    breakpoints = 0.75 + 0.25 * np.cumsum([0.0, *sizes]) / sizes.sum()
    exact = eigenmodes(uniform_shell(40.0, 64), [2], 1)["growth_rate"].item()
    found = eigenmodes(elements(40.0, breakpoints, 10), [2], 1)["growth_rate"].item()
    assert found == pytest.approx(exact, rel=1e-9)


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


@pytest.mark.parametrize("grid", GRIDS)
def test_the_sign_of_k5_changes_the_hand_of_the_mode_alone(grid):
    left, right = (eigenmodes(uniform_shell(k5, 48, grid), [1, 4], 3) for k5 in (-30.0, 30.0))
    # the matrices differ by the sign of one block, their eigenvalues by round-off
    np.testing.assert_allclose(left["growth_rate"], right["growth_rate"], rtol=1e-10)
    hands = [(m["poloidal"].conj() * m["toroidal"]).real.sum("radius") for m in (left, right)]
    fastest = [np.sign(hand.isel(mode=0)) for hand in hands]
    assert np.all(fastest[0] == -1)
    assert np.all(fastest[1] == 1)


# The same matrix as the time loop's


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("cutoff", ["smooth", "hard"])
def test_rates_are_those_of_the_time_loop(cutoff, grid):
    """The default crust, column by column through the transforms, for m = 0 and m > 0.

    The transforms add round-off, some 1e-15 of the fastest decay rate.
    """
    parameters = crust(
        16,
        grid,
        **{
            "resolution.lmax": 3,
            "resolution.mmax": 3,
            "chiral.cutoff": cutoff,
            "chiral.anomaly": False,
            "hall.enabled": False,
            "dissipation.angular_rate": 0.0,
        },
    )
    model = build_model(parameters)
    modes = eigenmodes(parameters, [1, 2, 3], modes=None)
    columns = model.shell.columns
    for degree, order in ((1, 0), (3, 0), (2, 1), (3, 3)):
        column = np.flatnonzero((columns.degree == degree) & (columns.order == order))[-1]
        matrix = matrix_of_the_time_loop(model, column)
        expected = np.sort_complex(np.linalg.eigvals(matrix))
        here = modes.sel(degree=degree)
        found = np.sort_complex(here["growth_rate"].values + 1j * here["frequency"].values)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def matrix_of_the_time_loop(model, column):
    """Tendency of each coefficient of a column, Ohmic decay included."""
    size = model.shape[0]
    matrix, state = np.empty((size, size)), np.zeros(model.shape)
    work, damping, out = np.empty((3, *model.shape))
    for row in range(size):
        state[row, column] = 1.0
        model.explicit(0.0, state, work)
        model.implicit(0.0, state, damping)
        model.solve(0.0, work - damping, out)
        matrix[:, row] = out[:, column]
        state[row, column] = 0.0
    return matrix


@pytest.mark.parametrize("grid", GRIDS)
def test_eigenfunctions_solve_the_equation_at_every_point(grid):
    """gamma P = eta (Lap_l P + k5 T) inside, with P and T from the dataset alone.

    Two derivatives of a field of 32 polynomials multiply round-off by about its fourth power; on
    six elements of order 10 they leave their truncation.
    """
    k5, degree = 20.0, 2
    order = {"resolution.element_order": 10} if grid == "auto" else {}
    modes = eigenmodes(
        uniform_shell(k5, 32 if grid == "global" else 54, grid, **order), [degree], 3
    )
    basis = stored_basis(modes.attrs)
    product = degree * (degree + 1) / basis.radius[:, None] ** 2
    for n in range(3):
        mode = modes.sel(degree=degree).isel(mode=n)
        p, t = slots(basis, mode)
        p, _, second = basis.evaluate_poloidal(p, basis.radius)
        t = basis.evaluate_toroidal(t, basis.radius)[0]
        rate = complex(mode["growth_rate"], mode["frequency"])
        right = second - product * p + k5 * t
        scale = np.abs(second).max()
        atol = 1e-9 if grid == "global" else 1e-5
        np.testing.assert_allclose(rate * p / scale, right / scale, rtol=0, atol=atol)


def slots(basis, mode):
    """Slots of p and t of a mode, of shape (slots, 1)."""
    p, t = (
        (mode[name].values * basis.storage_radius)[:, None] for name in ("poloidal", "toroidal")
    )
    return basis.poloidal_from_storage(p), basis.toroidal_from_storage(t)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("inner", ["perfect_conductor", "zero_toroidal"])
def test_eigenfunctions_keep_the_boundary_conditions_and_have_unit_energy(inner, grid):
    parameters = uniform_shell(30.0, 32 if grid == "global" else 72, grid)
    modes = eigenmodes(parameters.replace({"boundary.inner": inner}), [1, 3], 4)
    basis = stored_basis(modes.attrs)
    ends = np.array([0.75, 1.0])
    for degree in (1, 3):
        for n in range(4):
            p_slots, t_slots = slots(basis, modes.sel(degree=degree).isel(mode=n))
            p, p_slope, _ = basis.evaluate_poloidal(p_slots, ends)
            t, t_slope = basis.evaluate_toroidal(t_slots, ends)
            # round-off of a sum of 32 polynomials, and of their derivatives (up to 32^2)
            assert abs(p[0, 0]) < 1e-12
            assert abs(t[1, 0]) < 1e-12
            assert abs(p_slope[1, 0] + degree * p[1, 0]) < 1e-9
            inside = [f[:, 0] for f in basis.evaluate_poloidal(p_slots, basis.radius)]
            toroidal, slope = (f[:, 0] for f in basis.evaluate_toroidal(t_slots, basis.radius))
            electric = t_slope[0, 0] - 30.0 * p_slope[0, 0]
            if inner == "zero_toroidal":
                assert abs(t[0, 0]) < 1e-12
            else:  # a natural condition: it holds as the mode converges
                bound = 1e-6 if grid == "global" else 1e-3
                assert abs(electric) < bound * np.abs(slope).max()
            product = degree * (degree + 1)
            density = product * np.abs(inside[0]) ** 2 / basis.radius**2
            density += np.abs(inside[1]) ** 2 + np.abs(toroidal) ** 2
            exterior = degree * abs(p[1, 0]) ** 2
            energy = product * (basis.weights @ density + exterior)
            assert energy == pytest.approx(1.0, rel=1e-9)  # the quadrature's own round-off


# The default crust


@pytest.mark.parametrize(("grid", "order"), [("global", 192), ("auto", "auto")])
@pytest.mark.parametrize(("convention", "rate"), [("textbook", 0.180), ("dehman_pons", 0.113)])
def test_growth_of_the_default_crust(convention, rate, grid, order):
    """Three printed digits; the same for l = 1 and 20, as waves of 20 m feel no angle."""
    modes = eigenmodes(crust(order, grid, **{"chiral.convention": convention}), [1, 20], 2)
    fastest = modes["growth_rate"].values[:, 0]
    np.testing.assert_allclose(fastest, rate, rtol=0, atol=0.5e-3)
    # a relative change of L/(k r)^2 with k = 300/km at most
    assert np.ptp(fastest) < 20 * 21 / (300.0 * 11.5) ** 2 * rate
    assert np.all(modes["truncation"] < 0.05)  # resolved, but not to the last digit


def test_elements_and_polynomials_agree_on_the_default_crust():
    """To the square of the truncation, 1e-4 for both, and more for the slower modes."""
    finer = {"resolution.functions_per_wavelength": 32}
    few, many = (
        eigenmodes(parameters, [1], 6)
        for parameters in (crust("auto", "auto", **finer), crust(384))
    )
    for name in ("growth_rate", "frequency"):
        found, expected = few[name].values, many[name].values
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7 * many["growth_rate"].max())


def test_the_rule_resolves_the_growth_of_the_default_crust():
    rate = eigenmodes(crust("auto", "auto"), [1], 1)["growth_rate"].item()
    assert 0.1798 < rate < 0.1802


@pytest.mark.parametrize(("grid", "order"), [("global", 192), ("auto", "auto")])
def test_growth_of_the_default_crust_in_the_metric_of_the_star(grid, order):
    """Seen from infinity: three digits of 0.1471, which is 0.1798 by the lapse of the layer."""
    parameters = crust(order, grid, **{"metric.kind": "star"})
    rate = eigenmodes(parameters, [1], 1)["growth_rate"].item()
    assert rate == pytest.approx(0.1471, abs=0.5e-3)


@pytest.mark.parametrize("k5_max", [50.0, 300.0, 3000.0])
def test_growth_never_exceeds_that_of_the_fastest_local_wave(k5_max):
    """Also for a mode that is not resolved at all: the bound holds for the matrix itself."""
    parameters = crust(48, **{"chiral.k5_max": k5_max})
    basis = chebyshev_basis(*crust_radii(parameters.background), 48)
    profiles = build_crust(parameters.background, parameters.chiral, basis.radius)
    k5 = weak_field_wavenumber(parameters.chiral, profiles)
    limit = float((profiles["magnetic_diffusivity"].values * k5**2).max()) / 4
    modes = eigenmodes(parameters, [1, 7], 1)
    assert np.all(modes["growth_rate"] < limit)
    assert np.all(modes["growth_rate"] > 0.1 * limit)  # or the bound says nothing


def test_the_truncation_tells_what_is_not_resolved():
    coarse, fine = (eigenmodes(crust(n), [1], 1)["truncation"].item() for n in (32, 224))
    assert coarse > 0.1
    assert fine < 0.002
    coarse, fine = (
        eigenmodes(crust("auto", "auto", **{"resolution.functions_per_wavelength": m}), [1], 1)[
            "truncation"
        ].item()
        for m in (4, 32)
    )
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
        crust("auto", "auto"),
        uniform_shell(5.0, 100, "auto"),
    ],
    ids=[
        "crust",
        "crust, long waves",
        "crust, hard cutoff",
        "shell",
        "stable shell",
        "crust on elements",
        "stable shell on elements",
    ],
)
def test_the_iteration_misses_none_of_the_fastest(monkeypatch, parameters):
    """Against all eigenvalues, whose own round-off is 1e-16 of the fastest decay rate."""
    every = eigenmodes(parameters, [1, 4, 30], modes=None)
    monkeypatch.setattr("spectralcmi.linear.eigenvalues.LARGEST_DENSE_ORDER", 1)
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


@pytest.mark.parametrize(("inner", "fixed"), [("perfect_conductor", 0), ("zero_toroidal", 1)])
def test_all_modes_of_elements_are_as_many_as_functions(inner, fixed):
    """And the fastest of them those of the iteration, to 1e-16 of the fastest decay rate."""
    parameters = uniform_shell(25.0, 48, "auto", **{"boundary.inner": inner})
    few, every = (eigenmodes(parameters, [2], n) for n in (5, None))
    assert every.sizes["mode"] == 2 * every.attrs["radial_functions"] - fixed
    first = every.isel(mode=slice(5))
    np.testing.assert_allclose(few["growth_rate"], first["growth_rate"], rtol=1e-9)
    for name in ("poloidal", "toroidal"):
        # eigenvectors of neighbours mix by the same, over the difference of their rates
        sizes = np.abs(few[name]), np.abs(first[name])
        np.testing.assert_allclose(*sizes, rtol=0, atol=1e-7 * float(sizes[1].max()))


def test_modes_are_ordered_and_pairs_are_adjacent():
    modes = eigenmodes(crust(64), [1], modes=None).isel(degree=0)
    rate, frequency = modes["growth_rate"].values, modes["frequency"].values
    assert np.all(np.diff(rate) <= 0)
    waves = np.flatnonzero(frequency != 0)
    assert waves.size  # eta k5 varies, so that some waves travel
    assert np.all(frequency[waves[0::2]] > 0)
    np.testing.assert_array_equal(frequency[waves[1::2]], -frequency[waves[0::2]])
    np.testing.assert_array_equal(rate[waves[1::2]], rate[waves[0::2]])


@pytest.mark.parametrize("grid", GRIDS)
def test_threads_change_nothing(monkeypatch, grid):
    results = []
    for count in ("1", "2"):
        monkeypatch.setenv("SPECTRALCMI_THREADS", count)
        results.append(eigenmodes(uniform_shell(25.0, 48, grid), [5, 1, 3], 4))
    xr.testing.assert_identical(*results)
    np.testing.assert_array_equal(results[0]["degree"], [5, 1, 3])


# What comes out, and what is refused


@pytest.mark.parametrize("grid", GRIDS)
def test_the_dataset_says_what_it_holds(tmp_path, grid):
    parameters = crust(32, grid)
    modes = eigenmodes(parameters, range(2, 5), 3)
    assert modes["growth_rate"].dims == ("degree", "mode")
    assert modes["poloidal"].dims == modes["toroidal"].dims == ("degree", "mode", "radius")
    assert (
        modes["growth_rate"].attrs["units"] == modes["frequency"].attrs["units"] == "julian_year^-1"
    )
    for variable in modes.variables.values():
        assert variable.attrs["units"]
        assert variable.attrs["long_name"]
    assert parameters_from_json(modes.attrs["parameters"]) == parameters
    assert json.loads(modes.attrs["parameters"])["chiral"]["k5_max"] == 600.0
    assert modes.attrs["source"] == f"spectralcmi {cmi.__version__}"
    modes.to_netcdf(tmp_path / "modes.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "modes.nc", engine="h5netcdf") as saved:
        xr.testing.assert_identical(saved.load(), modes)
        radius = stored_basis(saved.attrs).storage_radius
    np.testing.assert_array_equal(radius, modes["radius"])


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
    with pytest.raises(
        MemoryError, match=r"of 10000 Chebyshev polynomials needs 28.\d GB .* 8.0 GB"
    ):
        eigenmodes(crust(10000))
    # all modes of as many degrees would not fit either, though one degree would
    with pytest.raises(MemoryError, match="of 2000 Chebyshev polynomials"):
        eigenmodes(crust(2000), range(1, 61), modes=None)


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
radial_order = 64
"""


def printed(capsys):
    header, *rows = capsys.readouterr().out.splitlines()
    return header.split(","), np.array([[float(n) for n in row.split(",")] for row in rows])


def test_the_command_prints_the_fastest_or_as_many_as_wanted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.toml").write_text(SHELL)
    assert main(["eigenmodes", "case.toml", "--degrees", "1:3"]) == 0
    header, rows = printed(capsys)
    assert header == ["degree [1]", "growth_rate [julian_year^-1]", "frequency [julian_year^-1]"]
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
        "growth_rate [julian_year^-1]", "frequency [julian_year^-1]", "location [km]",
        "wavelength [km]",
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

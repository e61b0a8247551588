"""Random initial fields: spectra exactly as asked, helicity as measured, the same at any grid."""

import functools

import numpy as np
import pytest
from numpy.polynomial import legendre

from spectralcmi.build import build_model
from spectralcmi.case.case_file import load_parameters
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.versions import parameters_from_json
from spectralcmi.constants import FIELD_UNIT, KILOMETRE
from spectralcmi.fields.state import State
from spectralcmi.runs.diagnostics import (
    dipole_field,
    energy_poloidal,
    energy_toroidal,
    magnetic_helicity,
    rms_field,
    spectrum_poloidal,
    spectrum_toroidal,
)
from spectralcmi.runs.initial import initial_field
from spectralcmi.runs.radial_functions import proper_distances
from spectralcmi.runs.random_start import times_cosine
from spectralcmi.threads import Threads
from tests.grid.metrics import uniform_density

UNIFORM = {
    "background": {
        "kind": "uniform_shell",
        "inner_radius": 9.0,
        "outer_radius": 10.0,
        "magnetic_diffusivity": 1e-6,
    },
    "resolution.lmax": 6,
    "resolution.radial_order": 40,
}

#: The start of 2505.06196, but for its degrees and its wavenumber.
FOLLOW_UP = """
[metric]
kind = "flat"

[initial]
kind = "random"
rms_field = 3e16
slope = 4
lmax = 16
damped_below = 5
damping = 0.05
radial_wavenumber = 90
helicity = 1

[resolution]
lmax = 24
radial_grid = "global"
radial_order = 128
"""


@functools.cache
def model_of(text: str):
    """Model of a case; that of another initial field is the same."""
    return build_model(parameters_from_json(text), Threads(1))


def start(seed=0, changes=None, **initial):
    """State at the beginning of a run in a uniform shell."""
    case = Parameters().replace({**UNIFORM, **(changes or {})})
    random = {"kind": "random", "seed": seed, "lmax": 5, **initial}
    model = model_of(case.to_json())
    return model.state(initial_field(case.replace({"initial": random}), model))


def helicity_fraction(state: State) -> float:
    """Helicity over its largest value for these p and these toroidal energies (Cauchy-Schwarz)."""
    shell, on = state.shell, state.profiles
    degree = shell.columns.degree
    product = degree * (degree + 1.0)
    lapse = np.exp(shell.metric.potential(shell.basis.radius))[:, None]
    squares = (
        np.bincount(degree, product * (shell.proper_weights @ part))[1:]
        for part in (on.p**2 / lapse, on.t**2 * lapse)
    )
    largest = 2 * np.sqrt(np.prod(list(squares), axis=0)).sum()
    return magnetic_helicity(state) / (FIELD_UNIT**2 * KILOMETRE**4 * largest)


CASES = pytest.mark.parametrize(
    ("wavenumber", "mmax", "radial_grid"),
    [(0.0, 0, "auto"), (0.0, 6, "global"), (30.0, 0, "global"), (30.0, 6, "auto")],
)


@CASES
@pytest.mark.parametrize("pattern", ["uniform", "random_sign", "hemispheric"])
@pytest.mark.parametrize("helicity", [0.0, -0.7])
def test_spectra_are_those_asked_for(wavenumber, mmax, radial_grid, pattern, helicity):
    state = start(
        5,
        {"resolution.mmax": mmax, "resolution.radial_grid": radial_grid},
        rms_field=2e13,
        slope=-5 / 3,
        lmin=2,
        damped_below=4,
        damping=0.2,
        toroidal_share=0.3,
        radial_wavenumber=wavenumber,
        helicity=helicity,
        helicity_pattern=pattern,
    )
    poloidal, toroidal = spectrum_poloidal(state), spectrum_toroidal(state)
    degree = np.arange(2, 6)
    wanted = degree ** (-5 / 3) * np.where(degree < 4, 0.04, 1.0)
    # sums of squares, scaled: rounding
    ratio = (poloidal + toroidal)[1:5] / wanted
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-10)
    np.testing.assert_allclose(toroidal[1:5] / (poloidal + toroidal)[1:5], 0.3, rtol=1e-10)
    assert (poloidal + toroidal)[[0, 5]].tolist() == [0.0, 0.0]
    assert rms_field(state) == pytest.approx(2e13, rel=1e-10)


@CASES
def test_helicity_is_the_fraction_asked_for(wavenumber, mmax, radial_grid):
    changes = {"resolution.mmax": mmax, "resolution.radial_grid": radial_grid}
    for seed in range(4):

        def fraction(helicity, seed=seed, **more):
            return helicity_fraction(
                start(seed, changes, helicity=helicity, radial_wavenumber=wavenumber, **more)
            )

        # below what the radial functions reach, the fraction is exact but for rounding
        assert fraction(0.0) == pytest.approx(0.0, abs=1e-10)
        assert fraction(0.0, helicity_pattern="random_sign") == pytest.approx(0.0, abs=1e-10)
        assert fraction(0.5) == pytest.approx(0.5, abs=1e-10)
        assert fraction(0.9, toroidal_share=0.2) == pytest.approx(0.9, abs=1e-10)
        # p of slow modes goes on at the surface, where t ends: a layer of one function is missing
        assert fraction(1.0) > 0.99
        assert fraction(-1.0) == pytest.approx(-fraction(1.0), rel=1e-10)
        if wavenumber:
            # both vanish at both ends; elements leave out 1e-6 of the energy
            assert fraction(1.0) > 0.9999


def test_the_largest_helicity_is_that_of_a_beltrami_field():
    """k H = 8 pi E of curl B = k B, up to the curvature of window and sphere."""
    state = start(1, {"resolution.radial_order": 90}, helicity=1.0, radial_wavenumber=80.0)
    energy = energy_poloidal(state) + energy_toroidal(state)
    realized = 80.0 / KILOMETRE * magnetic_helicity(state) / (8 * np.pi * energy)
    # (k^2 + 12/X^2 + l(l+1)/r^2)/k^2 - 1 = 2e-3 on the poloidal side, of which half counts
    assert realized == pytest.approx(1.0, abs=3e-3)


def hemispheric_helicity(state: State) -> float:
    """Int A.B over the northern half, A = curl (P r_vec) + T r_vec, of an axisymmetric field."""
    radius, lmax = state.shell.basis.radius, state.shell.harmonics.lmax
    nodes, weights = legendre.leggauss(4 * lmax)
    cosine, weights = (nodes + 1) / 2, weights / 2
    norm = np.sqrt((2 * np.arange(1, lmax + 1) + 1) / (4 * np.pi))
    series = [np.eye(lmax + 1)[degree] for degree in range(1, lmax + 1)]
    harmonic = norm * np.stack([legendre.legval(cosine, c) for c in series], axis=1)
    slope = norm * np.stack([legendre.legval(cosine, legendre.legder(c)) for c in series], axis=1)
    slope *= np.sqrt(1 - cosine**2)[:, None]
    degree = np.arange(1, lmax + 1)
    p, t = state.profiles.p, state.profiles.t
    radial = (harmonic @ t.T) * (harmonic @ (degree * (degree + 1) * p).T)
    density = (radial + (slope @ p.T) * (slope @ t.T)) / radius**2
    return 2 * np.pi * float(weights @ density @ (state.shell.basis.weights * radius**2))


@pytest.mark.parametrize("wavenumber", [0.0, 30.0])
@pytest.mark.parametrize("helicity", [1.0, -1.0])
def test_opposite_helicities_in_the_hemispheres(wavenumber, helicity):
    common = {"radial_wavenumber": wavenumber, "slope": 2.0}
    for seed in range(3):
        state = start(seed, helicity=helicity, helicity_pattern="hemispheric", **common)
        everywhere = start(seed, helicity=1.0, **common)
        # orthogonal by construction
        assert helicity_fraction(state) == pytest.approx(0.0, abs=1e-10)
        north, largest = (hemispheric_helicity(s) for s in (state, everywhere))
        assert np.sign(north) == np.sign(helicity)
        # of 0.5: cos(theta), and neighbours of random phase with an energy of their own
        assert abs(north) > 0.1 * largest


def test_signs_are_those_of_modes():
    state = start(2, {"resolution.mmax": 6}, helicity=1.0, helicity_pattern="random_sign",
                  radial_wavenumber=30.0)  # fmt: skip
    columns, on = state.shell.columns, state.profiles
    linkage = columns.degree * (columns.degree + 1.0) * (state.shell.basis.weights @ (on.p * on.t))
    within = columns.degree <= 5
    signs = {}
    for degree, order, value in zip(columns.degree, columns.order, linkage, strict=True):
        signs.setdefault((int(degree), int(order)), set()).add(np.sign(value))
    kept = [signs[degree, order] for degree in range(1, 6) for order in range(degree + 1)]
    assert all(len(of_mode) == 1 for of_mode in kept)
    assert len(set.union(*kept)) == 2
    assert abs(linkage[within].sum()) < np.abs(linkage[within]).sum()


@pytest.mark.parametrize("wavenumber", [0.0, 30.0])
def test_the_same_numbers_at_any_resolution(wavenumber):
    common = {"radial_wavenumber": wavenumber, "helicity": 0.3, "slope": 1.0}
    radius = np.linspace(9.0, 10.0, 30)
    one_grid = {"resolution.radial_grid": "global"}
    coarse = start(3, one_grid, **common)
    finer = start(3, {**one_grid, "resolution.radial_order": 60, "resolution.lmax": 9}, **common)
    for one, other in zip(coarse.at(radius), finer.at(radius), strict=True):
        # 40 polynomials hold the functions to 1e-8 of their largest
        np.testing.assert_allclose(one[:, :5], other[:, :5], atol=1e-7 * np.abs(one).max())
    # so has the axisymmetric part of a field with orders, whose energy the degrees share
    full = start(3, {**one_grid, "resolution.mmax": 6}, helicity=0.0, radial_wavenumber=wavenumber)
    alone = start(3, one_grid, helicity=0.0, radial_wavenumber=wavenumber)
    zonal = full.shell.harmonics.order == 0
    one, other = alone.at(radius)[0][:, :5].real, full.at(radius)[0][:, zonal][:, :5].real
    cosine = (one * other).sum(0) / np.sqrt((one**2).sum(0) * (other**2).sum(0))
    np.testing.assert_allclose(cosine, 1.0, rtol=1e-10)


def test_fields_differ_by_seed_and_repeat():
    fields = [start(seed).poloidal for seed in (1, 1, 2)]
    assert np.array_equal(fields[0], fields[1])
    assert not np.allclose(fields[0], fields[2])


@pytest.mark.parametrize(("radial_grid", "needed"), [("global", (50, 110)), ("auto", (60, 400))])
def test_a_wavenumber_beyond_the_radial_functions_is_refused(radial_grid, needed):
    changes = {"resolution.radial_grid": radial_grid}
    with pytest.raises(ParameterError, match=r"^initial.radial_wavenumber = 110.0: ") as refused:
        start(0, changes, radial_wavenumber=110.0)
    order = int(str(refused.value).split("about ")[1].split(",")[0])
    assert needed[0] < order < needed[1]
    # what it names is enough: the estimate is linear, elements come in whole numbers
    start(0, {**changes, "resolution.radial_order": int(1.1 * order)}, radial_wavenumber=110.0)


def test_helicity_beyond_the_radial_functions_is_refused():
    with pytest.raises(ParameterError, match=r"^initial.helicity = 1.0: exceeds the 0\.\d+ that"):
        start(0, {"resolution.radial_grid": "global", "resolution.radial_order": 8}, helicity=1.0)


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        ({"helicity": 0.5, "toroidal_share": 0.0}, "initial.helicity = 0.5: toroidal_share=0 all"),
        ({"helicity": 0.5, "toroidal_share": 1.0}, "initial.helicity = 0.5: toroidal_share=1 all"),
        (
            {"helicity_pattern": "hemispheric", "lmin": 3, "lmax": 3},
            "initial.helicity_pattern = 'hemispheric': needs degrees l and l+1, but lmin=lmax=3",
        ),
        (
            {"helicity_pattern": "legacy", "radial_wavenumber": 30.0},
            "initial.radial_wavenumber = 30.0: is not for helicity_pattern",
        ),
    ],
)
def test_what_does_not_go_together(initial, message):
    with pytest.raises(ParameterError) as refused:
        Parameters().replace({"initial": {"kind": "random", **initial}})
    assert str(refused.value).startswith(message)


def test_no_toroidal_field_and_nothing_else():
    state = start(0, toroidal_share=0.0)
    assert energy_toroidal(state) == 0.0
    assert magnetic_helicity(state) == 0.0
    assert energy_poloidal(start(0, toroidal_share=1.0)) == 0.0


def test_a_stored_run_without_the_key_began_with_the_correlation_of_coefficients():
    old = Parameters().replace({**UNIFORM, "initial": {"kind": "random", "seed": 4, "lmax": 4}})
    text = old.to_json().replace('"helicity_pattern":"uniform"', '"seed":4')
    parameters = parameters_from_json(text)
    assert parameters.initial.helicity_pattern == "legacy"
    model = build_model(parameters, Threads(1))
    state = model.state(initial_field(parameters, model))
    assert rms_field(state) == pytest.approx(1e12, rel=1e-10)
    # the field outside, which has no toroidal part, was counted in the slope
    whole = sum(np.bincount(state.shell.columns.degree, part) for part in state.square_integrals)
    np.testing.assert_allclose(whole[1:5], whole[1], rtol=1e-8)


def test_the_follow_up_start_from_a_case_file(tmp_path):
    case = tmp_path / "case.toml"
    case.write_text(FOLLOW_UP)
    parameters = load_parameters(case)
    model = build_model(parameters, Threads(1))
    state = model.state(initial_field(parameters, model))
    assert helicity_fraction(state) > 0.9999
    assert rms_field(state) == pytest.approx(3e16, rel=1e-10)
    spectrum = spectrum_poloidal(state) + spectrum_toroidal(state)
    slope = np.polyfit(np.log(np.arange(5, 17)), np.log(spectrum[4:16]), 1)[0]
    assert slope == pytest.approx(4.0, abs=1e-6)
    # the waves end at the surface; what rounding leaves of 3e16 G
    assert dipole_field(state) < 1e3


def test_waves_are_along_the_proper_radius(shell_model):
    metric = uniform_density(0.4, 0.75, 1.0)
    shell = shell_model(40, metric=metric).shell
    distances, gap = proper_distances(shell)
    # e^-Lambda = (1 - 0.4 r^2)^(1/2) inside a star of uniform density
    exact = [np.arcsin(np.sqrt(0.4) * r) / np.sqrt(0.4) for r in (shell.basis.radius, 0.75, 1.0)]
    np.testing.assert_allclose(distances, exact[0] - exact[1], rtol=1e-12)
    assert gap == pytest.approx(exact[2] - exact[1], rel=1e-12)


@pytest.mark.parametrize("mmax", [0, 4])
def test_the_product_with_the_cosine(shell_model, mmax):
    """Against the quadrature of cos(theta) Y on the grid, for all degrees but the highest."""
    columns = shell_model(lmax=4, mmax=mmax).shell.columns
    matrix = times_cosine(columns, np.eye(columns.count))
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-15)
    place = [int(i) for i in columns.real[columns.harmonics.order == 0]]
    nodes, weights = legendre.leggauss(12)
    y = [np.sqrt((2 * n + 1) / 2) * legendre.legval(nodes, np.eye(6)[n]) for n in range(1, 5)]
    for i, one in enumerate(y):
        for j, other in enumerate(y):
            exact = weights @ (nodes * one * other)
            assert matrix[place[i], place[j]] == pytest.approx(exact, abs=1e-14)
    assert np.linalg.norm(matrix, 2) < 1.0

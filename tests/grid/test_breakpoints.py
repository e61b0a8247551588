"""The rule that places breakpoints where chiral waves will grow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spectralcmi.grid.breakpoints import (
    automatic_breakpoints,
    divided,
    functions_per_wavelength,
)

RADIUS = np.linspace(11.5, 12.4, 3001)
NOTHING = np.zeros_like(RADIUS)
#: eta [km2/yr], and a layer of waves of about 20 m near the surface: k5 = 600 at its middle.
ETA = np.full_like(RADIUS, 1e-6)
LAYER = 600 * np.exp(-(((RADIUS - 12.3) / 0.03) ** 2))


def layer_breakpoints(**changes) -> np.ndarray:
    arguments = {
        "radius": RADIUS,
        "magnetic_diffusivity": ETA,
        "chiral_wavenumber": LAYER,
        "end": 300.0,
        "lmax": 60,
        "element_order": 7,
    } | changes
    return np.array(automatic_breakpoints(**arguments))


def wanted_size(k5: np.ndarray, element_order: int = 7, m: float = 8.0) -> np.ndarray:
    return 4 * math.pi * (element_order - 1) / (np.abs(k5) * m)


def test_ends_are_those_of_the_shell():
    breakpoints = layer_breakpoints()
    assert (breakpoints[0], breakpoints[-1]) == (RADIUS[0], RADIUS[-1])
    assert np.all(np.diff(breakpoints) > 0)


def test_without_waves_elements_are_uniform_and_at_most_200_m():
    sizes = np.diff(layer_breakpoints(chiral_wavenumber=NOTHING))
    assert sizes.size == 5  # 0.9 km
    np.testing.assert_allclose(sizes, 0.18, rtol=1e-12)  # rounding of radii


@pytest.mark.parametrize("gap", [0.4, 0.01])
def test_a_thin_shell_has_four_elements(gap):
    radius = np.linspace(12.0, 12.0 + gap, 50)
    nothing = np.zeros(50)
    assert len(automatic_breakpoints(radius, nothing + 1, nothing, 100.0, 60, 7)) == 5


def test_elements_of_the_layer_resolve_its_waves():
    breakpoints = layer_breakpoints()
    exponent = ETA * LAYER**2 / 4 * 300.0
    active = RADIUS[exponent > 13]
    element = np.searchsorted(breakpoints, active, side="right") - 1
    size = np.diff(breakpoints)[np.clip(element, 0, len(breakpoints) - 2)]
    wanted = wanted_size(LAYER[exponent > 13])
    # An element has the mean of the wanted sizes of its radii, which slope by at most ln 2.
    assert np.all(size < 1.4 * wanted)
    assert np.median(size / wanted) == pytest.approx(1.0, abs=0.15)  # whole number of elements


def test_sizes_grow_by_at_most_a_factor_of_two():
    sizes = np.diff(layer_breakpoints())
    # exp(ln 2) between the elements of a size proportional to distance; trapezoidal sums.
    assert max((sizes[1:] / sizes[:-1]).max(), (sizes[:-1] / sizes[1:]).max()) < 2.02


def test_waves_that_have_not_grown_ask_for_nothing():
    early = 3 / (1e-6 * 600**2 / 4)
    quiet = layer_breakpoints(end=0.99 * early)
    np.testing.assert_array_equal(quiet, layer_breakpoints(chiral_wavenumber=NOTHING))
    assert len(layer_breakpoints(end=1.01 * early)) > len(quiet) + 3


def test_a_short_run_resolves_the_waves_that_grow_nearly_as_fast_as_the_fastest():
    """Where the exponent is above 60 % of the largest, as long as that is between 5 and 22."""
    exponent = ETA * LAYER**2 / 4
    end = 10 / exponent.max()
    breakpoints = layer_breakpoints(end=end)
    active = exponent > 0.6 * exponent.max()
    element = np.searchsorted(breakpoints, RADIUS[active], side="right") - 1
    size = np.diff(breakpoints)[np.clip(element, 0, len(breakpoints) - 2)]
    # as in the layer above
    assert np.all(size < 1.4 * wanted_size(LAYER[active]))


def test_the_layer_at_the_inner_boundary_is_resolved():
    """Where k5 reaches the boundary, elements start from a share of those of its waves."""
    for k5 in (60.0, 240.0):
        # so slow that no wave grows, and the layer is all there is to resolve
        breakpoints = layer_breakpoints(
            chiral_wavenumber=np.full_like(RADIUS, k5), magnetic_diffusivity=1e-9 * ETA
        )
        sizes = np.diff(breakpoints)
        wanted = 0.2 * 4 * np.pi * 6 / (8 * k5)
        # the mean of sizes that rise with slope ln 2
        assert wanted < sizes[0] < 1.5 * wanted
        assert sizes[0] < 0.5 * sizes.max()


def test_the_sign_of_the_wavenumber_does_not_matter():
    np.testing.assert_array_equal(layer_breakpoints(chiral_wavenumber=-LAYER), layer_breakpoints())


def test_scale_divides_all_sizes():
    coarse, fine = layer_breakpoints(), layer_breakpoints(scale=4.0)
    assert len(fine) - 1 == pytest.approx(4 * (len(coarse) - 1), abs=4)  # whole numbers
    quiet = layer_breakpoints(chiral_wavenumber=NOTHING, scale=4.0)
    assert len(quiet) - 1 == 18  # 4.5 times 4


@pytest.mark.parametrize("order", [3, 5, 7, 9])
@pytest.mark.parametrize("m", [16.0, 32.0])
def test_functions_are_counted_per_wavelength_whatever_the_order(order, m):
    uniform = np.full_like(RADIUS, 600.0)
    uniform[0] = 0.0  # no layer at the inner boundary
    breakpoints = layer_breakpoints(
        chiral_wavenumber=uniform, element_order=order, functions_per_wavelength=m
    )
    functions = (len(breakpoints) - 1) * (order - 1)
    waves = 0.9 * 600.0 / (4 * math.pi)  # of wavenumber k5/2 in the shell
    assert 0 <= functions - m * waves <= order - 1  # a whole number of elements


def test_automatic_functions_per_wavelength():
    assert functions_per_wavelength(20) == functions_per_wavelength(60) == 8.0
    assert functions_per_wavelength(240) == 32.0
    values = [functions_per_wavelength(lmax) for lmax in range(1, 1000)]
    assert np.all(np.diff(values) >= 0)
    np.testing.assert_array_equal(
        layer_breakpoints(lmax=240),
        layer_breakpoints(functions_per_wavelength=functions_per_wavelength(240)),
    )


def test_jumps_are_breakpoints():
    jumps = (12.29, 11.9, 12.4, 12.29)
    breakpoints = layer_breakpoints(jumps=jumps)
    assert {11.9, 12.29} <= set(breakpoints)
    assert np.all(np.diff(breakpoints) > 0)


@pytest.mark.parametrize("points", [1001, 6001])
def test_the_sampling_of_the_background_hardly_matters(points):
    radius = np.linspace(11.5, 12.4, points)
    other = layer_breakpoints(
        radius=radius,
        magnetic_diffusivity=np.full_like(radius, 1e-6),
        chiral_wavenumber=np.interp(radius, RADIUS, LAYER),
    )
    assert len(other) == pytest.approx(len(layer_breakpoints()), abs=1)  # a whole number


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"radius": RADIUS[::-1]}, "do not ascend"),
        ({"scale": 0.0}, "scale=0.0 is not positive"),
        ({"functions_per_wavelength": -1.0}, "functions_per_wavelength=-1.0"),
        ({"functions_per_wavelength": "many"}, "functions_per_wavelength=many"),
        ({"jumps": (13.0,)}, "jump at 13 is outside the shell"),
    ],
)
def test_impossible_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        layer_breakpoints(**changes)


def test_long_elements_are_divided():
    given = (9.0, 9.3, 9.4, 10.0)
    found = divided(given, 0.15)
    np.testing.assert_allclose(found, [9.0, 9.15, 9.3, 9.4, 9.55, 9.7, 9.85, 10.0], rtol=1e-14)
    assert set(given) <= set(found)
    assert divided(given, 1.0) == given
    assert divided(found, 0.15) == found

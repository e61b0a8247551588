"""From parameters to a radial basis and a model."""

import numpy as np
import pytest

from spectralcmi.build import build_basis, build_model, build_shell
from spectralcmi.case.errors import ParameterError
from spectralcmi.case.parameters import Parameters
from spectralcmi.profiles.crust import crust_jumps, crust_radii
from spectralcmi.threads import Threads


def case(**changes):
    return Parameters().replace({"resolution.lmax": 4, **changes})


def given(*inner, **changes):
    ends = crust_radii(Parameters().background)
    return case(**{"resolution.radial_grid": (ends[0], *inner, ends[1]), **changes})


def test_given_breakpoints_are_taken():
    basis = build_basis(given(11.8, 11.9, 12.1))
    assert basis.breakpoints[1:-1] == (11.8, 11.9, 12.1)
    assert basis.order == 4 * 6
    assert (basis.inner_radius, basis.outer_radius) == crust_radii(Parameters().background)


def test_ends_may_be_rounded_to_a_millimetre():
    ends = crust_radii(Parameters().background)
    rounded = (round(ends[0], 6), 11.9, round(ends[1], 6))
    basis = build_basis(case(**{"resolution.radial_grid": rounded}))
    assert (basis.breakpoints[0], basis.breakpoints[-1]) == ends


@pytest.mark.parametrize(
    ("breakpoints", "told"),
    [
        ((11.0, 11.9, 12.42), "is not the inner radius of the crust"),
        ((11.544057, 11.9, 12.5), "is not the outer radius of the crust"),
    ],
)
def test_breakpoints_that_leave_the_crust_are_refused(breakpoints, told):
    with pytest.raises(ParameterError, match=told):
        build_basis(case(**{"resolution.radial_grid": breakpoints}))


def test_elements_too_small_for_rounding_are_refused():
    with pytest.raises(ParameterError, match="too close for rounding"):
        build_basis(given(11.9, 11.9 + 1e-9))


@pytest.mark.parametrize("wanted", [60, 240, 480])
def test_a_number_of_functions_scales_the_rule(wanted):
    basis = build_basis(case(**{"resolution.radial_order": wanted}))
    # a whole number of elements of six functions each
    assert abs(basis.order - wanted) < 6
    sizes = np.diff(build_basis(case()).breakpoints)
    assert np.ptp(sizes) > 0.1  # the rule has fine and coarse elements


def test_layers_lie_on_breakpoints():
    parameters = case(**{"background.composition": "layered"})
    jumps = crust_jumps(parameters.background)
    assert len(jumps) > 3
    assert set(jumps) <= set(build_basis(parameters).breakpoints)
    assert crust_jumps(Parameters().background) == ()


def test_one_global_expansion():
    parameters = case(**{"resolution.radial_grid": "global", "resolution.radial_order": 24})
    model = build_model(parameters, Threads(1))
    assert model.shell.basis.order == 24
    assert model.shape == (2 * 24 - 3, 4)


def test_dealiasing_reaches_the_grid():
    coarse, fine = (
        build_shell(case(**{"resolution.dealiasing": n, "resolution.lmax": 60})) for n in (2, 3)
    )
    assert coarse.harmonics.grid_shape < fine.harmonics.grid_shape


def test_the_metric_is_that_of_the_case():
    flat, star = (build_shell(case(**{"metric.kind": kind})) for kind in ("flat", "star"))
    assert flat.metric.is_flat
    # 1.4 solar masses: 4.1346 km
    assert star.metric.schwarzschild_radius == pytest.approx(4.1346, abs=1e-3)

"""Observed orders of the schemes on the equation itself."""

import numpy as np
import pytest

from spectralcmi.timestepping.schemes import SCHEMES

CASES = [(4, 0, 0), (3, 3, 0), (4, 0, 2), (3, 3, 2)]


@pytest.fixture(
    scope="module",
    params=CASES,
    ids=["axisymmetric", "3D", "axisymmetric, elements", "3D, elements"],
)
def hall_decay(request, shell_model, random_coefficients, evolve):
    """Hall drift and Ohmic decay, a start, a time, and the accurate field at that time."""
    # few polynomials in a thick shell, so that the time error dominates at stable steps
    lmax, mmax, elements = request.param
    model = shell_model(
        6,
        lmax,
        mmax,
        radii=(0.5, 1.0),
        hall=4.0,
        map_parameter=0,
        elements=elements,
        element_order=4,
    )
    start, until = random_coefficients(model, 2, modes=3), 1e-2
    return model, start, until, evolve(model, start, until, "ark4", step=until / 300)


@pytest.mark.parametrize("name", list(SCHEMES))
def test_observed_order_on_hall_and_ohmic_decay(hall_decay, evolve, validated, name):
    model, start, until, reference = hall_decay

    def distance(state):
        rest, out = state - reference, np.empty(model.shape)
        model.mass(rest, out)
        return np.sqrt(np.vdot(rest, out))

    assert distance(start) > 0.5 * distance(0 * start)
    errors = [distance(evolve(model, start, until, name, step=until / n)) for n in (60, 120)]
    scheme = SCHEMES[name]
    validated.between(
        f"observed order of {scheme.name}, Hall drift and Ohmic decay",
        f"nominal, {scheme.order}",
        np.log2(errors[0] / errors[1]),
        scheme.order - 0.2,
        scheme.order + 0.2,
    )

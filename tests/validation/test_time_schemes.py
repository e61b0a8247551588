"""Observed orders of the schemes on the equation itself."""

import numpy as np
import pytest

from spectralcmi.timestepping.integrator import SCHEMES


@pytest.fixture(scope="module", params=[(4, 0), (3, 3)], ids=["axisymmetric", "3D"])
def hall_decay(request, shell_equation, random_coefficients, evolve):
    """Hall drift and Ohmic decay, a start, a time, and the accurate field at that time."""
    # few polynomials in a thick shell, so that the time error dominates at stable steps
    equation = shell_equation(6, *request.param, radii=(0.5, 1.0), hall=4.0, map_parameter=0)
    start, until = random_coefficients(equation, 2, modes=3), 1e-2
    return equation, start, until, evolve(equation, start, until, "ark4", step=until / 300)


@pytest.mark.parametrize("name", list(SCHEMES))
def test_observed_order_on_hall_and_ohmic_decay(hall_decay, evolve, validated, name):
    equation, start, until, reference = hall_decay
    assert np.linalg.norm(reference - start) > 0.5 * np.linalg.norm(reference)
    errors = [
        np.linalg.norm(evolve(equation, start, until, name, step=until / n) - reference)
        for n in (60, 120)
    ]
    scheme = SCHEMES[name]
    validated.between(
        f"observed order of {scheme.name}, Hall drift and Ohmic decay",
        f"nominal, {scheme.order}",
        np.log2(errors[0] / errors[1]),
        scheme.order - 0.2,
        scheme.order + 0.2,
    )

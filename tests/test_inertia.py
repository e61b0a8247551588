"""Inertia of the electrons: what it adds to the mass, bounds, keeps, and leaves as it is."""

import numpy as np
import pytest
import scipy.linalg

from spectralcmi.case.errors import ParameterError
from spectralcmi.fields.boundary import Boundaries
from spectralcmi.fields.element_space import ElementSpace
from spectralcmi.model import InductionModel
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run
from spectralcmi.runs.step_limits import step_limits
from spectralcmi.threads import Threads

HALL, INERTIA = 0.5, 0.04


def with_inertia(model, inertia=INERTIA, diffusivity=1.0):
    """The same model, of electrons that have one; the diffusivity is uniform."""
    points = model.shell.basis.points
    space = ElementSpace(
        model.shell,
        np.full(points, diffusivity),
        Boundaries("perfect_conductor"),
        model.space.angular_rates,
        Threads(1),
        inertia * model.local.hall_prefactor,
    )
    return InductionModel(space, model.local)


def test_electrons_have_the_energy_of_their_currents(
    shell_model, random_coefficients, applied, metric
):
    """With eta = f_h inertia, Ohmic decay takes just what the mass has more."""
    light = shell_model(hall=HALL, diffusivity=HALL * INERTIA, elements=3, metric=metric)
    heavy = with_inertia(light, diffusivity=HALL * INERTIA)
    field = random_coefficients(light, seed=0)
    mass, stiffness = applied(light.mass, field), applied(light.space.stiffness, field)
    # rounding of the two sums, of which the second is by far the larger
    np.testing.assert_allclose(
        applied(heavy.mass, field), mass + stiffness, rtol=1e-9, atol=1e-11 * abs(stiffness).max()
    )
    assert heavy.inertial_square(field) == pytest.approx(np.vdot(field, stiffness), rel=1e-12)
    assert heavy.square_integral(field) == pytest.approx(light.square_integral(field), rel=1e-11)
    assert light.inertial_square(field) == 0.0
    # (M + h K)^-1 is that of the whole mass
    for step in (0.0, 0.1):
        whole = applied(heavy.mass, field) + step * stiffness
        solution = np.empty_like(field)
        heavy.solve(step, whole, solution)
        # rounding times the condition of the matrix, below 1e5
        np.testing.assert_allclose(solution, field, atol=1e-9 * abs(field).max())


def test_a_projected_field_does_not_feel_it(shell_model, random_coefficients):
    light = shell_model(hall=HALL, elements=3)
    field = random_coefficients(light, seed=1)
    found = with_inertia(light).coefficients(light.state(field))
    # rounding times the condition of the mass
    np.testing.assert_allclose(found, field, atol=1e-10 * abs(field).max())


def fastest_wave(model, state):
    """Largest frequency of the linear Hall waves about a state [1/yr]."""
    size, work, mass = state.size, np.empty((2, *state.shape)), np.empty(state.shape)
    matrices = np.empty((2, size, size))
    for i in range(size):
        unit = np.zeros(state.shape)
        unit.flat[i] = 1.0
        # the Hall term is quadratic, so that this difference is its derivative
        for sign, out in zip((1, -1), work, strict=True):
            model.explicit(0.0, state + sign * unit, out)
        model.mass(unit, mass)
        matrices[:, :, i] = ((work[0] - work[1]) / 2).ravel(), mass.ravel()
    return abs(scipy.linalg.eigvals(*matrices).imag).max()


def test_no_hall_wave_outruns_it_however_fine_the_grid(shell_model, random_coefficients):
    frequencies = {}
    for elements in (2, 4):
        light = shell_model(hall=HALL, lmax=3, elements=elements)
        field = random_coefficients(light, seed=2, modes=2)
        largest = np.sqrt(light.summarise(field).maximum_square.max())
        heavy = with_inertia(light)
        frequencies[elements] = [fastest_wave(model, field) for model in (light, heavy)]
        # the current of the field itself, on whose gradients waves drift, adds a little
        assert frequencies[elements][1] < 1.2 * largest / INERTIA
        limit = step_limits(heavy.shell, heavy.local, heavy.summarise(field), INERTIA)[0]
        assert limit.rate < largest / INERTIA
    # waves twice as short are four times as fast, unless electrons have an inertia
    assert frequencies[4][0] > 3 * frequencies[2][0]
    assert frequencies[4][1] < 1.3 * frequencies[2][1]


def test_slow_drift_is_what_it_was_to_first_order(shell_model, random_coefficients, evolve):
    light = shell_model(hall=HALL, elements=2, diffusivity=0.05)
    start = random_coefficients(light, seed=3, modes=1)
    until, control = 0.02, {"tolerance": 1e-8}
    exact = evolve(light, start, until, **control)
    errors = [
        np.abs(evolve(with_inertia(light, a, 0.05), start, until, **control) - exact).max()
        for a in (1e-5, 2e-5)
    ]
    assert np.abs(exact - start).max() > 30 * errors[1]
    # twice the inertia, twice the error, but for the second order
    assert errors[1] == pytest.approx(2 * errors[0], rel=0.2)


WITHOUT_CHIRAL = {"chiral.enabled": False, "initial.kind": "random", "initial.lmax": 3}


def test_what_a_run_loses_field_and_electrons_lose(small_case):
    case = small_case(**WITHOUT_CHIRAL, **{"hall.inertia": 3e13, "time.end": 2.0})
    dataset = run(case, threads=Threads(1))
    field = sum(dataset[f"energy_{part}"] for part in ("poloidal", "toroidal", "exterior"))
    lost = -(dataset.ohmic_energy + dataset.angular_dissipation_energy)[-1]
    change = float(field[-1] - field[0] + lost)
    electrons = float(dataset.inertial_energy[-1] - dataset.inertial_energy[0])
    # the error of the time steps, a few times the tolerance
    assert abs(change + electrons) < 1e-3 * float(lost)
    assert abs(electrons) > 1e-2 * float(lost)
    assert dataset.inertial_energy.attrs["units"] == "erg"


def test_a_run_goes_on_as_it_was(small_case, tmp_path):
    case = small_case(**WITHOUT_CHIRAL, **{"hall.inertia": 3e13, "time.end": 1.0})
    file = tmp_path / "run.nc"

    def interrupt(progress):
        if progress.time > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(case, file, interrupt, threads=Threads(1))
    resumed, whole = resume(file, threads=Threads(1)), run(case, threads=Threads(1))
    for name in ("inertial_energy", "budget_residual", "toroidal"):
        np.testing.assert_array_equal(resumed[name], whole[name])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"chiral.enabled": True}, "would slow the growth of chiral waves"),
        ({"resolution.radial_grid": "global"}, "needs radial elements"),
    ],
)
def test_where_it_has_no_place_it_is_refused(small_case, changes, told):
    with pytest.raises(ParameterError, match=f"hall.inertia = 1.5: {told}"):
        small_case(**{**WITHOUT_CHIRAL, "hall.inertia": 1.5, **changes})

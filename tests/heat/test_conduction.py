"""Anisotropic conduction on the grid: exact solutions, limits, symmetry, conservation, solvers."""

import numpy as np
import pytest

from spectralcmi.errors import InputError
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.metric import FLAT
from spectralcmi.grid.shell import Shell
from spectralcmi.heat.anisotropic_solver import (
    Boundary,
    LinearStep,
    NotConvergedError,
    Preconditioner,
)
from spectralcmi.heat.conduction import Conduction, coefficients
from spectralcmi.heat.scalar_grid import ScalarGrid
from spectralcmi.threads import Threads
from tests.grid.metrics import uniform_density

STAR = uniform_density(0.4, 0.75, 1.0)
#: Harmonics whose layouts differ: axisymmetric, all orders, truncated, with a symmetry.
HARMONICS = [(5, 0, 1), (5, 5, 1), (1, 1, 1), (6, 3, 1), (6, 4, 2)]


def scalar_grid(lmax, mmax, mres=1, *, elements=2, order=6, metric=FLAT, threads=1, kept=None):
    breakpoints = tuple(np.linspace(0.75, 1.0, elements + 1))
    shell = Shell(ElementBasis(breakpoints, order), Harmonics(lmax, mmax, mres), metric)
    return ScalarGrid(shell, Threads(threads), kept)


def directions(grid):
    """Unit vectors along r, theta, phi at the points of a sphere, in Cartesian axes: (3, grid)."""
    harmonics = grid.shell.harmonics
    shape = harmonics.grid_shape
    theta, phi = np.meshgrid(harmonics.colatitude, harmonics.longitude, indexing="ij")
    if theta.shape != shape:
        theta, phi = theta.T, phi.T
    theta, phi = theta.ravel(), phi.ravel()
    zero = np.zeros_like(theta)
    radial = [np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)]
    meridional = [np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)]
    return np.array(radial), np.array(meridional), np.array([-np.sin(phi), np.cos(phi), zero])


def random_matter(grid, seed, *, strength=1.0, hall=False):
    """Coefficients that vary from point to point, and a field of all directions."""
    rng = np.random.default_rng(seed)
    capacity, electrons, ions, gyration = rng.uniform(0.5, 2.0, (4, *grid.grid_shape))
    field = strength * rng.standard_normal((grid.grid_shape[0], 3, grid.grid_shape[1]))
    return coefficients(capacity, electrons, 0.1 * ions, gyration, field, hall=hall)


def applied(conduction, local, step, slots):
    return conduction.apply(local, step, slots, np.empty(conduction.grid.shape))


def without_capacity(local):
    return local._replace(capacity=np.zeros_like(local.capacity))


# The grid of a scalar --------------------------------------------------------------------------


@pytest.mark.parametrize(("lmax", "mmax", "mres"), HARMONICS)
@pytest.mark.parametrize("metric", [FLAT, STAR], ids=["flat", "star"])
def test_integrals_are_the_transpose_of_values(lmax, mmax, mres, metric):
    grid = scalar_grid(lmax, mmax, mres, metric=metric)
    rng = np.random.default_rng(1)
    slots, values = rng.standard_normal(grid.shape), rng.standard_normal(grid.grid_shape)
    shell = grid.shell
    volume = shell.proper_weights * shell.basis.radius**2
    integral = volume @ (grid.values(slots) * values) @ shell.harmonics.solid_angle.ravel()
    # round-off of sums of 1e3 to 1e5 random terms
    assert np.vdot(slots, grid.against(values)) == pytest.approx(integral, rel=1e-11, abs=1e-12)
    sphere = grid.on_sphere(slots[-1]) * values[0] @ shell.harmonics.solid_angle.ravel()
    assert slots[-1] @ grid.against_sphere(values[0]) == pytest.approx(sphere, rel=1e-11, abs=1e-12)
    # an orthonormal basis: coefficients come back
    again = grid.against_sphere(grid.on_sphere(slots[2]))
    np.testing.assert_allclose(again, slots[2], rtol=0, atol=1e-13)


def test_a_scalar_of_few_degrees_is_one_of_the_shell_without_the_others():
    whole, few = scalar_grid(6, 6), scalar_grid(6, 6, kept=3)
    assert few.columns.count == 16
    slots = np.random.default_rng(0).standard_normal(few.shape)
    padded = np.zeros(whole.shape)
    padded[:, :16] = slots
    np.testing.assert_allclose(few.values(slots), whole.values(padded), rtol=0, atol=1e-13)
    local = random_matter(few, 2)
    np.testing.assert_allclose(
        applied(Conduction(few), local, 0.3, slots),
        applied(Conduction(whole), local, 0.3, padded)[:, :16],
        rtol=0,
        atol=1e-10,  # round-off, of values up to 1e3
    )


# The operator ----------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", [FLAT, STAR], ids=["flat", "star"])
@pytest.mark.parametrize(("lmax", "mmax", "mres"), HARMONICS)
def test_a_uniform_temperature_conducts_nothing_and_no_heat_is_lost(lmax, mmax, mres, metric):
    grid = scalar_grid(lmax, mmax, mres, metric=metric)
    conduction = Conduction(grid)
    local = without_capacity(random_matter(grid, 3, strength=30.0, hall=True))
    uniform = grid.constant(2.0)
    np.testing.assert_allclose(grid.values(uniform), 2.0, rtol=1e-14)
    slots = np.random.default_rng(0).standard_normal(grid.shape)
    out = applied(conduction, local, 1.0, slots)
    scale = np.abs(out).max()
    # round-off of the slope of a constant; without cancellation the products are as large as scale
    assert np.abs(applied(conduction, local, 1.0, uniform)).max() < 1e-13 * scale
    assert abs(np.vdot(uniform, out)) < 1e-13 * scale * out.size


def test_it_is_symmetric_and_positive_and_the_hall_part_does_no_work():
    grid = scalar_grid(5, 5, metric=STAR)
    conduction = Conduction(grid)
    plain = random_matter(grid, 4, strength=1.0)
    hall = random_matter(grid, 4, strength=1.0, hall=True)
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((2, *grid.shape))
    forward, backward = (applied(conduction, plain, 0.7, x) for x in (a, b))
    size = np.linalg.norm(forward) * np.linalg.norm(b)
    # round-off, in double precision whatever the coefficients are stored in
    assert abs(np.vdot(b, forward) - np.vdot(a, backward)) < 1e-14 * size
    assert np.vdot(a, forward) > 0
    with_hall = applied(conduction, hall, 0.7, a)
    assert np.linalg.norm(with_hall - forward) > 1e-2 * np.linalg.norm(forward)
    assert abs(np.vdot(a, with_hall - forward)) < 1e-14 * np.linalg.norm(a) * np.linalg.norm(
        forward
    )


def test_threads_do_not_change_a_bit():
    results = []
    for threads in (1, 3):
        grid = scalar_grid(5, 5, elements=7, threads=threads)
        local = random_matter(grid, 6, hall=True)
        slots = np.random.default_rng(7).standard_normal(grid.shape)
        results.append(
            (grid.values(slots), applied(Conduction(grid), local, 0.1, slots))
            + (grid.against(local.capacity),)
        )
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("strength", [1.0, 100.0])
def test_a_radial_field_conducts_as_none_and_a_horizontal_one_across(strength):
    grid = scalar_grid(4, 4, metric=STAR)
    conduction = Conduction(grid)
    ones = np.ones(grid.grid_shape)
    slots = np.zeros(grid.shape)
    slots[:, 0] = np.random.default_rng(0).standard_normal(grid.shape[0])  # u(r)

    def conducted(conductivity, field):
        vectors = np.broadcast_to(np.array(field)[:, None], (grid.grid_shape[0], 3, ones.shape[1]))
        local = coefficients(0 * ones, conductivity * ones, 0 * ones, ones, vectors)
        return applied(conduction, local, 1.0, slots)

    free = conducted(3.0, (0.0, 0.0, 0.0))
    # single precision of the coefficients, whose parts 1/(1 + w^2) and w^2/(1 + w^2) add up
    close = {"rtol": 0, "atol": 1e-6 * np.abs(free).max()}
    np.testing.assert_allclose(conducted(3.0, (strength, 0.0, 0.0)), free, **close)
    horizontal = (0.0, 0.6 * strength, -0.8 * strength)
    across = conducted(3.0 * (1 + strength**2), horizontal)
    # a horizontal field leaves u(r) its perpendicular part, in all degrees
    np.testing.assert_allclose(across, free, **close)


# A uniform field: the exact solution -------------------------------------------------------------

ANISOTROPY = 3.0  # omega_B tau; conduction along is 1 + 9 times that across


def spreading(time, radius, cosine):
    """t^-1.5 exp(-r^2 [1 - cos^2 w^2/(1 + w^2)]/4t): heat that spreads from a point, kappa_perp=1.

    The angle is that from the field.
    """
    share = ANISOTROPY**2 / (1 + ANISOTROPY**2)
    return time**-1.5 * np.exp(-(radius**2) * (1 - share * cosine**2) / (4 * time))


def radial_flux(time, radius, cosine):
    """K . grad u along the radius: that part of the Hall part is 0."""
    share = ANISOTROPY**2 / (1 + ANISOTROPY**2)
    slope = -2 * radius * (1 - share * cosine**2) / (4 * time)
    along = -2 * radius * cosine * (1 - share) / (4 * time)
    return spreading(time, radius, cosine) * (slope + ANISOTROPY**2 * cosine * along)


class UniformField:
    """Conduction in a uniform field, with the flux of the exact solution at both ends."""

    def __init__(self, axis, lmax, mmax, hall=False, elements=2, order=6):
        self.grid = scalar_grid(lmax, mmax, elements=elements, order=order)
        axis = np.array(axis) / np.linalg.norm(axis)
        components = [axis @ unit for unit in directions(self.grid)]
        self.cosine = components[0]
        ones = np.ones(self.grid.grid_shape)
        field = np.broadcast_to(components, (ones.shape[0], 3, ones.shape[1]))
        electrons = (1 + ANISOTROPY**2) * ones
        self.local = coefficients(ones, electrons, 0 * ones, ANISOTROPY * ones, field, hall=hall)
        self.conduction = Conduction(self.grid)

    def exact(self, time):
        basis = self.grid.shell.basis
        values = [spreading(time, r, self.cosine) for r in basis.storage_radius]
        return basis.toroidal_from_storage(
            np.array([self.grid.against_sphere(sphere) for sphere in values])
        )

    def supplied(self, time):
        out, basis = np.zeros(self.grid.shape), self.grid.shell.basis
        for row, r, sign in ((0, basis.inner_radius, -1), (-1, basis.outer_radius, 1)):
            out[row] = sign * r**2 * self.grid.against_sphere(radial_flux(time, r, self.cosine))
        return out

    def error(self, start, end, steps):
        """Largest error of Crank and Nicolson's rule over that of the solution."""
        slots, length = self.exact(start), (end - start) / steps
        matrix = LinearStep(self.conduction, self.local, length / 2, Boundary())
        conducts = without_capacity(self.local)
        for step in range(steps):
            time = start + step * length
            right = length / 2 * (self.supplied(time) + self.supplied(time + length))
            right -= applied(self.conduction, conducts, length, slots)
            slots += matrix.solve(right, 1e-8)
        exact = self.grid.values(self.exact(end))
        return np.abs(self.grid.values(slots) - exact).max() / np.abs(exact).max()


@pytest.mark.parametrize(
    ("axis", "lmax", "mmax", "hall"),
    [
        ((0, 0, 1), 12, 0, False),
        ((1.0, 0.5, 0.7), 12, 12, False),
        ((1.0, 0.5, 0.7), 12, 12, True),
    ],
    ids=["along the axis", "tilted", "tilted, with Hall part"],
)
def test_heat_spreads_in_a_uniform_field_as_it_must(axis, lmax, mmax, hall):
    # the required 1e-4; degrees above 12 are 1e-6 of the solution, forty steps give (h/t)^2/12
    assert UniformField(axis, lmax, mmax, hall).error(0.1, 0.13, 40) < 2e-5


def test_the_error_falls_with_degrees():
    errors = [UniformField((0, 0, 1), lmax, 0).error(0.1, 0.11, 40) for lmax in (4, 6, 8)]
    # each pair of degrees is an order of magnitude of a Gaussian in cos^2
    assert errors[1] < errors[0] / 5
    assert errors[2] < errors[1] / 5


def test_the_residual_of_the_exact_solution_falls_with_radial_functions():
    def residual(elements):
        case, time, shift = UniformField((0, 0, 1), 12, 0, False, elements, 3), 0.2, 1e-3
        rate = (case.exact(time + shift) - case.exact(time - shift)) / (2 * shift)
        heated = applied(case.conduction, case.local, 0.0, rate)
        heated += applied(case.conduction, without_capacity(case.local), 1.0, case.exact(time))
        return np.abs(heated - case.supplied(time)).max()

    # parabolas on elements: third order, or second in what is tested by a kink
    coarse, middle, fine = (residual(elements) for elements in (1, 2, 4))
    assert middle < coarse / 3
    assert fine < middle / 3


# Solutions -------------------------------------------------------------------------------------


def test_the_preconditioner_is_exact_for_matter_that_is_the_same_over_spheres():
    grid = scalar_grid(4, 4, elements=3, metric=STAR)
    radius = grid.shell.basis.radius[:, None]
    ones = np.ones(grid.grid_shape)
    field = np.zeros((grid.grid_shape[0], 3, grid.grid_shape[1]))
    local = coefficients((2 - radius) * ones, radius**3 * ones, 0.1 * ones, ones, field)
    for boundary in (Boundary(), Boundary(True, False, 0.7, 0.4 * ones[0]), Boundary(True, True)):
        slots = boundary.constrain(np.random.default_rng(0).standard_normal(grid.shape))
        matrix = LinearStep(Conduction(grid), local, 0.3, boundary)
        right = matrix.apply(slots, np.empty(grid.shape))
        found = Preconditioner(grid, local, 0.3, boundary).solve(right, np.empty(grid.shape))
        np.testing.assert_allclose(found, slots, rtol=0, atol=1e-10)  # condition number 1e4


def test_the_preconditioner_bounds_the_operator_from_above():
    grid = scalar_grid(4, 4)
    local = random_matter(grid, 8, strength=5.0)
    boundary = Boundary(surface=np.random.default_rng(1).uniform(0, 1, grid.grid_shape[1]))
    matrix = LinearStep(Conduction(grid), local, 0.2, boundary)
    bound = Preconditioner(grid, local, 0.2, boundary)
    rng = np.random.default_rng(9)
    for _ in range(5):
        right = rng.standard_normal(grid.shape)
        x = bound.solve(right, np.empty(grid.shape))
        # the square of a sum of two parts of a gradient is at most twice that of their squares
        assert 0 < np.vdot(x, matrix.apply(x, np.empty(grid.shape))) < 2 * np.vdot(x, right)


@pytest.mark.parametrize("hall", [False, True])
def test_solutions_solve_in_few_products(hall):
    grid = scalar_grid(6, 6, metric=STAR)
    local = random_matter(grid, 10, strength=100.0, hall=hall)
    # unlike noise, a field that is smooth: a tilted uniform one, omega_B tau up to 200
    axis = np.array([0.3, 0.5, 0.8])
    field = 100 * np.broadcast_to([axis @ unit for unit in directions(grid)], local.field.shape)
    local = local._replace(field=np.ascontiguousarray(field, dtype=np.float32))
    surface = np.random.default_rng(2).uniform(0, 1, grid.grid_shape[1])
    matrix = LinearStep(Conduction(grid), local, 0.01, Boundary(True, False, 0.5, surface))
    right = matrix.boundary.constrain(np.random.default_rng(3).standard_normal(grid.shape))
    found = matrix.solve(right, 1e-6)
    # the number that thermal steps are planned with: 150 products
    assert matrix.products < (300 if hall else 150)
    assert not found[0, 1:].any()
    rest = right - matrix.apply(found, np.empty(grid.shape))
    # the tolerance, in the norm of the residual rather than the preconditioner's
    assert np.linalg.norm(rest) < 1e-4 * np.linalg.norm(right)


def test_what_does_not_converge_is_not_taken_for_a_solution():
    grid = scalar_grid(3, 3)
    for hall in (False, True):
        local = random_matter(grid, 11, strength=30.0, hall=hall)
        matrix = LinearStep(Conduction(grid), local, 1.0, Boundary())
        right = np.random.default_rng(3).standard_normal(grid.shape)
        with pytest.raises(NotConvergedError, match="did not converge in 2 products"):
            matrix.solve(right, 1e-12, 2)


def test_a_global_expansion_is_refused():
    shell = Shell(chebyshev_basis(0.75, 1.0, 8, 0), Harmonics(2, 0))
    grid = ScalarGrid(shell, Threads(1))
    with pytest.raises(InputError, match=r"resolution\.radial_grid"):
        Preconditioner(grid, random_matter(grid, 0), 1.0, Boundary())

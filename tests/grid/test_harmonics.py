"""The harmonic convention and the grid, against SciPy's spherical harmonics."""

import numpy as np
import pytest
from scipy.special import sph_harm_y

from spectralcmi.grid import harmonics as module
from spectralcmi.grid.harmonics import Harmonics, call_analysis, call_synthesis, grid_size

# (34, 34, 1) has longitude contiguous in memory, the others colatitude
LAYOUTS = [
    (1, 0, 1), (1, 1, 1), (2, 1, 1), (5, 0, 1), (6, 6, 1), (7, 4, 2), (7, 6, 3), (34, 34, 1),
    (85, 2, 1),
]  # fmt: skip
PHI_CONTIGUOUS_CASES = [(34, 34, 1, 3), (60, 60, 1, 2), (60, 40, 1, 3), (90, 90, 2, 3)]


def grid(harmonics):
    return harmonics.colatitude[:, None], harmonics.longitude[None, :]


def by_angles(harmonics, spatial):
    """A spatial array as it lies in memory, seen with shape (nlat, nphi)."""
    theta_first = harmonics.grid_shape == (harmonics.longitude.size, harmonics.colatitude.size)
    return spatial.T if theta_first else spatial


@pytest.mark.parametrize(("lmax", "mmax", "mres"), LAYOUTS)
def test_coefficients_are_ordered_by_degree_then_order(lmax, mmax, mres):
    harmonics = Harmonics(lmax, mmax, mres)
    expected = [
        (degree, order)
        for degree in range(1, lmax + 1)
        for order in range(0, min(degree, mmax) + 1, mres)
    ]
    assert list(zip(harmonics.degree, harmonics.order, strict=True)) == expected
    assert harmonics.size == len(expected)
    for degree, columns in enumerate(harmonics.degree_slices, start=1):
        assert np.all(harmonics.degree[columns] == degree)


@pytest.mark.parametrize(("lmax", "mmax", "mres"), LAYOUTS)
def test_synthesis_against_the_definition(lmax, mmax, mres):
    harmonics = Harmonics(lmax, mmax, mres)
    rng = np.random.default_rng(0)
    chosen = rng.choice(harmonics.size, min(harmonics.size, 6), replace=False)
    theta, phi = grid(harmonics)
    for index in chosen:
        degree, order = int(harmonics.degree[index]), int(harmonics.order[index])
        value = 1.3 - (0.7j if order else 0.0)
        coefficients = np.zeros(harmonics.size, dtype=complex)
        coefficients[index] = value
        zero = np.zeros_like(coefficients)
        # a real field: m > 0 stands for itself and its conjugate
        double = 2 if order else 1
        y, gradient = sph_harm_y(degree, order, theta, phi, diff_n=1)
        scalar, d_theta = ((double * value * f).real for f in (y, gradient[..., 0]))
        d_phi = (double * value * gradient[..., 1]).real / np.sin(theta)
        nothing = np.zeros_like(scalar)
        for components, expected in (
            ((coefficients, zero, zero), (scalar, nothing, nothing)),
            ((zero, coefficients, zero), (nothing, d_theta, d_phi)),
            ((zero, zero, coefficients), (nothing, d_phi, -d_theta)),
        ):
            for computed, wanted in zip(harmonics.synthesis(*components), expected, strict=True):
                # recurrences over lmax degrees, gradients up to lmax
                np.testing.assert_allclose(computed, wanted, atol=1e-13 * lmax**1.5)


@pytest.mark.parametrize(("lmax", "mmax", "mres"), LAYOUTS)
def test_solid_angle(lmax, mmax, mres):
    harmonics = Harmonics(lmax, mmax, mres)
    assert harmonics.solid_angle.shape == harmonics.grid_shape
    assert harmonics.solid_angle.flags.c_contiguous
    assert harmonics.solid_angle.sum() == pytest.approx(4 * np.pi, rel=1e-13)
    assert harmonics.solid_angle.min() > 0
    # orthonormal: the square of one coefficient integrates to 1 (m = 0) or 2
    coefficients = np.zeros(harmonics.size, dtype=complex)
    coefficients[-1] = 1.0
    radial, _, _ = harmonics.synthesis(coefficients, 0 * coefficients, 0 * coefficients)
    weights = by_angles(harmonics, harmonics.solid_angle)
    expected = 2.0 if harmonics.order[-1] else 1.0
    # round-off of a recurrence over lmax degrees and a sum over the grid
    assert (weights * radial**2).sum() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("dealiasing", [2, 3])
@pytest.mark.parametrize(("lmax", "mmax", "mres"), LAYOUTS)
def test_grid_is_fine_enough_for_products(lmax, mmax, mres, dealiasing):
    harmonics = Harmonics(lmax, mmax, mres, dealiasing)
    # n Gauss points are exact to degree 2n - 1, n longitudes to order n - 1
    fields = dealiasing + 1
    assert 2 * harmonics.colatitude.size - 1 >= fields * lmax
    assert harmonics.longitude.size > fields * (mmax // mres)


@pytest.mark.parametrize("dealiasing", [2, 3])
@pytest.mark.parametrize(
    ("lmax", "mmax", "mres"), [(24, 0, 1), (21, 21, 1), (34, 34, 1), (20, 8, 2)]
)
def test_products_are_free_of_aliasing(lmax, mmax, mres, dealiasing):
    rng = np.random.default_rng(2)
    coarse = Harmonics(lmax, mmax, mres, dealiasing)
    fine = Harmonics(2 * lmax, 2 * mmax, mres, dealiasing)
    coefficients = rng.standard_normal((dealiasing + 1, coarse.size))
    kept = (fine.degree <= lmax) & (fine.order <= mmax)
    signed, unsigned = [], []
    for harmonics, chosen in ((coarse, np.full(coarse.size, True)), (fine, kept)):
        product = by_angles(harmonics, harmonics.solid_angle).copy()
        for field in coefficients:
            radial = np.zeros(harmonics.size, dtype=complex)
            radial[chosen] = field
            product *= harmonics.synthesis(radial, 0 * radial, 0 * radial)[0]
        signed.append(product.sum())
        unsigned.append(np.abs(product).sum())
    # a product of `dealiasing` fields, projected on one more; the round-off of a recurrence over
    # lmax degrees, against the integral without cancellation
    assert signed[0] == pytest.approx(signed[1], abs=1e-13 * lmax * unsigned[1])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((60, 0, 1, 3), (124, 1, "theta_contiguous")),
        ((60, 60, 1, 3), (124, 256, "theta_contiguous")),
        ((60, 60, 1, 2), (92, 192, "phi_contiguous")),
        ((62, 62, 1, 3), (132, 256, "theta_contiguous")),
        ((63, 63, 1, 3), (132, 256, "theta_contiguous")),
        ((127, 127, 1, 3), (260, 512, "theta_contiguous")),
        ((126, 126, 1, 2), (196, 384, "theta_contiguous")),
        ((120, 40, 2, 3), (244, 128, "theta_contiguous")),
        ((255, 255, 1, 3), (520, 1024, "theta_contiguous")),
        ((600, 600, 1, 3), (1208, 4096, "theta_contiguous")),
    ],
)
def test_grid_size(arguments, expected):
    assert grid_size(*arguments) == expected


@pytest.mark.parametrize("dealiasing", [2, 3])
@pytest.mark.parametrize("share", [1, 3])
def test_grid_size_has_no_cliffs(share, dealiasing):
    previous = (0, 0)
    for lmax in range(3, 700):
        mmax = lmax // share
        nlat, nphi, layout = grid_size(lmax, mmax, 1, dealiasing)
        assert 2 * nlat - 1 >= (dealiasing + 1) * lmax
        assert nphi > (dealiasing + 1) * mmax
        # few cache sets hold meridians a power of two apart
        assert nlat == 32 or nlat % 32
        assert nlat <= max((dealiasing + 1) * lmax / 2 + 16, 32)
        assert nphi <= 2 * max((dealiasing + 1) * mmax, 2)
        assert layout == ("phi_contiguous" if nphi in (160, 192) else "theta_contiguous")
        # never fewer points for more degrees
        assert nlat >= previous[0]
        assert nphi >= previous[1]
        previous = nlat, nphi


@pytest.mark.parametrize("dealiasing", [2, 3])
@pytest.mark.parametrize(("lmax", "mmax", "mres"), LAYOUTS)
def test_grid_size_is_that_of_the_transform(lmax, mmax, mres, dealiasing):
    harmonics = Harmonics(lmax, mmax, mres, dealiasing)
    nlat, nphi, layout = grid_size(lmax, mmax, mres, dealiasing)
    assert (harmonics.colatitude.size, harmonics.longitude.size) == (nlat, nphi)
    assert harmonics.transform.nspat == nlat * nphi
    # two independent accounts of the memory: SHTns's own and ours
    assert tuple(harmonics.transform.spat_shape) == harmonics.grid_shape
    assert harmonics.grid_shape == ((nphi, nlat) if layout == "theta_contiguous" else (nlat, nphi))


@pytest.mark.parametrize("arguments", PHI_CONTIGUOUS_CASES)
def test_both_layouts_give_the_same_transforms(arguments, monkeypatch):
    phi = Harmonics(*arguments)
    assert phi.grid_shape == grid_size(*arguments)[:2]
    rng = np.random.default_rng(3)
    coefficients = rng.standard_normal((3, phi.size)) + 1j * rng.standard_normal((3, phi.size))
    coefficients[:, phi.order == 0] = coefficients[:, phi.order == 0].real
    from_phi = np.array(phi.synthesis(*coefficients))
    spectral_phi, spatial_phi = through_kernels(phi, coefficients)
    monkeypatch.setattr(module, "PHI_CONTIGUOUS", frozenset())
    theta = Harmonics(*arguments)
    assert theta.grid_shape == phi.grid_shape[::-1]
    # round-off of recurrences and sums over some hundred terms of size 1 to lmax
    tolerance = {"rtol": 0.0, "atol": 1e-13 * np.abs(from_phi).max()}
    np.testing.assert_allclose(theta.synthesis(*coefficients), from_phi, **tolerance)
    np.testing.assert_array_equal(spatial_phi, from_phi)
    spectral_theta, spatial_theta = through_kernels(theta, coefficients)
    np.testing.assert_array_equal(spatial_theta, theta.synthesis(*coefficients))
    for spectral in (spectral_phi, spectral_theta):
        np.testing.assert_allclose(spectral, coefficients, atol=1e-11, rtol=0.0)
    np.testing.assert_array_equal(
        by_angles(phi, phi.solid_angle), by_angles(theta, theta.solid_angle)
    )


def through_kernels(harmonics, coefficients):
    """Analysis of the synthesis, and the synthesis, by the calls that compiled kernels make."""
    configuration, synthesis, analysis = harmonics.addresses
    spectral = np.zeros((3, harmonics.transform.nlm), dtype=complex)
    spectral[:, harmonics.position] = coefficients
    spatial = np.empty((3, harmonics.transform.nspat))
    call_synthesis(synthesis, configuration, spectral, spatial)
    fields = [by_angles(harmonics, f.reshape(harmonics.grid_shape)).copy() for f in spatial]
    call_analysis(analysis, configuration, spatial, spectral)
    return spectral[:, harmonics.position], np.array(fields)


def test_transforms_are_planned_the_same_every_time():
    rng = np.random.default_rng(1)
    size = Harmonics(9, 9).size
    coefficients = rng.standard_normal((3, size)) + 1j * rng.standard_normal((3, size))
    first, *others = (np.array(Harmonics(9, 9).synthesis(*coefficients)) for _ in range(5))
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0, 0), "lmax=0 is below 1"),
        ((4, 5), "mmax=5 exceeds lmax=4"),
        ((4, 3, 2), "mmax=3 is not a multiple of mres=2"),
        ((4, 4, 0), "mmax=4 is not a multiple of mres=0"),
        ((4, 4, 1, 1), "dealiasing=1 is neither 2 nor 3"),
    ],
)
def test_impossible_resolutions(arguments, text):
    with pytest.raises(ValueError, match=text):
        Harmonics(*arguments)

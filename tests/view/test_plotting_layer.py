"""Figures of the layer that holds the field: where it is, what is drawn, and its profiles."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

import spectralcmi as cmi
from spectralcmi.view import plotting
from spectralcmi.view.field import field, flux_function
from spectralcmi.view.plotting.layer_bounds import layer_bounds
from spectralcmi.view.plotting.radial_profiles import rms_profiles

INNER, OUTER, MIDDLE, WIDTH = 9.0, 12.0, 10.5, 0.3

CASE = {
    "background.kind": "uniform_shell",
    "background.inner_radius": INNER,
    "background.outer_radius": OUTER,
    "background.magnetic_diffusivity": 1.0,
    "background.chiral_wavenumber": 3.0,
    "hall.enabled": False,
    "resolution.lmax": 4,
    "resolution.mmax": 2,
    "resolution.radial_order": 32,
    "initial.kind": "random",
    "initial.lmax": 4,
    "time.end": 1e-3,
    "output.series_interval": 1e-3,
    "output.snapshot_times": [0.0, 1e-3],
}


@pytest.fixture(scope="module")
def layered():
    """A run to the last snapshot of which a strong toroidal layer is added, of l = 2 and m = 0."""
    dataset = cmi.run(cmi.Parameters().replace(CASE))
    envelope = np.exp(-(((dataset["radius"].values - MIDDLE) / WIDTH) ** 2))
    place = np.flatnonzero((dataset["degree_of_lm"] == 2) & (dataset["order_of_lm"] == 0))[0]
    dataset["toroidal"].values[-1, :, place] += 1e14 * envelope
    return dataset


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_the_layer_is_where_the_field_is(layered):
    bottom, top = layer_bounds(layered, -1, 0.5)
    assert top - bottom == pytest.approx(0.5)
    # its place is found in steps of a tenth of its thickness
    assert (bottom + top) / 2 == pytest.approx(MIDDLE, abs=0.1)
    assert layer_bounds(layered, -1, 5.0) == (INNER, OUTER)
    with pytest.raises(ValueError, match="thickness=0 km is not positive"):
        layer_bounds(layered, -1, 0.0)


def test_the_layer_is_drawn_to_the_scale_of_its_axes(layered):
    ax = plotting.layer(layered, Figure().subplots(), thickness=0.5)
    bottom, top = layer_bounds(layered, -1, 0.5)
    assert ax.get_ylim() == (bottom, top)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"colatitude $\theta$ [°]", "$r$ [km]")
    (mesh,) = (artist for artist in ax.collections if isinstance(artist, QuadMesh))
    corners = mesh.get_coordinates()
    across, up = corners[100, 90]
    grid = field(
        layered, -1, radius=[up], colatitude=[np.deg2rad(across)],
        longitude=2 * np.pi * np.arange(6) / 6,
    )  # fmt: skip
    shown = mesh.get_array().reshape(corners.shape[:2])[100, 90] * 10.0**mesh.power
    # the mean over the longitude is the axisymmetric part
    assert shown == pytest.approx(float(grid["B_phi"].mean()), rel=1e-9)
    assert r"\langle B_\phi\rangle" in mesh.colorbar.ax.get_xlabel()


def test_the_lines_of_the_layer_are_those_of_the_flux(layered):
    ax = plotting.layer(layered, times=[0.0])[0]
    (lines,) = (artist for artist in ax.collections if isinstance(artist, ContourSet))
    (place, path), *_ = (
        (i, path) for i, path in enumerate(lines.get_paths()) if len(path.vertices) > 20
    )
    colatitude, radius = path.vertices[10]
    flux = flux_function(layered, 0, radius=[radius], colatitude=[np.deg2rad(colatitude)])
    largest = np.abs(lines.levels).max()
    # a contour is straight within a cell of the mesh
    assert flux.item() == pytest.approx(lines.levels[place], abs=1e-3 * largest)


def test_panels_of_the_layer_have_one_place_and_maybe_one_scale(layered):
    axes = plotting.layer(layered, times=[0.0, 1e-3], common_scale=True)
    assert axes[0].get_ylim() == axes[1].get_ylim()
    meshes = [next(a for a in ax.collections if isinstance(a, QuadMesh)) for ax in axes]
    assert meshes[0].get_clim() == meshes[1].get_clim()
    assert meshes[0].power == meshes[1].power
    with pytest.raises(ValueError, match="of='E' is none of B_phi, B_r"):
        plotting.layer(layered, of="E")


def test_profiles_are_means_over_the_sphere(layered):
    profiles = rms_profiles(layered, -1, np.array([10.2, 10.5]), k5=True)
    colatitude, longitude = np.linspace(0, np.pi, 401), 2 * np.pi * np.arange(8) / 8
    grid = field(layered, -1, radius=[10.2, 10.5], colatitude=colatitude, longitude=longitude,
                 curl=True)  # fmt: skip

    def mean_square(name):
        square = sum(grid[f"{name}_{part}"] ** 2 for part in ("r", "theta", "phi"))
        around = square.mean("longitude") * np.sin(square["colatitude"])
        return around.integrate("colatitude").values / 2

    # the rule of the trapezium with 400 steps
    both = profiles["B_poloidal"] ** 2 + profiles["B_toroidal"] ** 2
    np.testing.assert_allclose(both, mean_square("B"), rtol=1e-4)
    np.testing.assert_allclose(profiles["curl_B"] ** 2, mean_square("curl_B"), rtol=1e-4)
    np.testing.assert_allclose(profiles["k5"], 3.0)  # of the case, without a cutoff
    assert profiles["B_toroidal"][1] > 3 * profiles["B_poloidal"][1]


def test_radial_shows_the_crust_and_the_layer(layered):
    axes = plotting.radial(layered, thickness=0.5)
    assert axes.size == 4
    bottom, top = layer_bounds(layered, -1, 0.5)
    assert axes[0].get_xlim() == (INNER, OUTER)
    (layer,) = axes[0].patches
    assert (layer.get_x(), layer.get_x() + layer.get_width()) == pytest.approx((bottom, top))
    for ax in axes[1:]:
        assert ax.get_xlim() == (bottom, top)
    poloidal, toroidal = axes[1].get_lines()
    np.testing.assert_array_equal(poloidal.get_xdata(), np.linspace(bottom, top, 401))
    expected = rms_profiles(layered, -1, np.array([bottom]))
    assert poloidal.get_ydata()[0] == pytest.approx(expected["B_poloidal"].item(), rel=1e-9)
    assert toroidal.get_ydata()[0] == pytest.approx(expected["B_toroidal"].item(), rel=1e-9)
    assert axes[2].get_ylabel() == r"$J_\mathrm{rms}$ [G km$^{-1}$]"


def test_radial_without_a_chiral_term_has_no_k5(layered):
    off = cmi.Parameters().replace(CASE | {"chiral.enabled": False})
    without = layered.assign_attrs(parameters=off.to_json())
    axes = plotting.radial(without, Figure().subplots(3), times=0.0)
    assert [ax.get_ylabel()[:2] for ax in axes] == ["$B", "$B", "$J"]

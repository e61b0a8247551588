"""Figures of fields: where points are drawn, the scales of colours, lines and movies."""

import io
import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.animation import FFMpegWriter
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from PIL import Image

import spectralcmi as cmi
from spectralcmi.view import plotting
from spectralcmi.view.plotting.sphere_maps import latitude_of, mollweide
from spectralcmi.view.plotting.style import DIVERGING

INNER, OUTER, STRETCH = 9.0, 12.0, 2  # drawn as thick as 0.5 of the outer radius: 0.6 rounded

CASE = {
    "background.kind": "uniform_shell",
    "background.inner_radius": INNER,
    "background.outer_radius": OUTER,
    "background.magnetic_diffusivity": 1.0,
    "background.chiral_wavenumber": 3.0,
    "hall.enabled": False,
    "resolution.lmax": 4,
    "resolution.radial_order": 16,
    "time.end": 0.02,
    "output.series_interval": 0.02,
    "output.snapshot_times": [0.0, 0.01, 0.02],
}


@pytest.fixture(scope="module")
def axisymmetric():
    """A dipole to which the chiral term adds a toroidal field."""
    return cmi.run(cmi.Parameters().replace(CASE))


@pytest.fixture(scope="module")
def three_dimensional():
    changes = {"resolution.mmax": 4, "initial.kind": "random", "initial.lmax": 4}
    return cmi.run(cmi.Parameters().replace(CASE | changes))


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def mesh_of(ax):
    (mesh,) = (artist for artist in ax.collections if isinstance(artist, QuadMesh))
    return mesh


def lines_of(ax):
    return [
        line
        for artist in ax.collections
        if isinstance(artist, LineCollection)
        for line in artist.get_segments()
    ]


def test_meridian_shows_every_snapshot_beside_the_last(axisymmetric):
    axes = plotting.meridian(axisymmetric)
    assert [ax.get_title() for ax in axes] == ["0 yr", "0.01 yr", "0.02 yr"]
    limits = [mesh_of(ax).get_clim() for ax in axes]
    assert all(low == -high < 0 for low, high in limits)  # centred on zero
    assert mesh_of(axes[0]).colorbar.ax.get_xlabel() == r"$B_\phi$ [G]"
    assert not mesh_of(axes[0]).get_array().any()  # no toroidal field yet, and no round-off
    assert re.search(r"\[10\$\^\{1\d\}\$ G\]", mesh_of(axes[2]).colorbar.ax.get_xlabel())
    assert axes[0].figure.get_supxlabel() == "crust drawn 2× thicker, its scale 1 km"
    for ax in axes:
        assert "1 km" in [text.get_text() for text in ax.texts]


def test_meridian_colours_the_toroidal_field_where_it_is(axisymmetric):
    (ax,) = plotting.meridian(axisymmetric, times=[0.02])
    mesh = mesh_of(ax)
    corners = mesh.get_coordinates()
    drawn = np.hypot(*np.moveaxis(corners, -1, 0))
    colatitude = np.arctan2(corners[..., 0], corners[..., 1])
    radius = OUTER - (OUTER - drawn) / STRETCH
    assert radius.min() == pytest.approx(INNER)
    assert radius.max() == pytest.approx(OUTER)
    i, j = 20, 50
    expected = cmi.field(axisymmetric, radius=[radius[i, j]], colatitude=[colatitude[i, j]])
    shown = mesh.get_array().reshape(drawn.shape)[i, j] * 10.0**mesh.power
    # the point is found back from its place in the picture
    assert shown == pytest.approx(expected["B_phi"].item(), rel=1e-9)
    assert shown != 0


def test_field_lines_of_a_dipole_outside_are_those_of_a_dipole(axisymmetric):
    (ax,) = plotting.meridian(axisymmetric, times=[0.0])
    outside = [line[np.hypot(*line.T) > OUTER * 0.9999] for line in lines_of(ax)]
    assert len(outside) > 5
    for line in outside:
        radius, sine = np.hypot(*line.T), line[:, 0] / np.hypot(*line.T)
        # r = constant sin^2(theta), to the straight pieces of a mesh of 1 degree and 0.5 %
        assert np.ptp(sine**2 / radius) < 2e-3 * (sine**2 / radius).mean()


def test_field_lines_continue_through_the_surface(axisymmetric):
    (ax,) = plotting.meridian(axisymmetric, times=[0.02])
    distances = [np.hypot(*line.T) for line in lines_of(ax)]
    assert len(distances) > 5
    # no line ends at the surface, on either of its sides: ends are far from it, or closed
    for line, distance in zip(lines_of(ax), distances, strict=True):
        is_closed = np.allclose(line[0], line[-1])
        assert is_closed or np.all(np.abs(distance[[0, -1]] - OUTER) > 0.2)
    assert sum(d.min() < OUTER - 0.1 and d.max() > OUTER + 0.1 for d in distances) > 5


def test_lines_that_would_merge_into_black_are_left_out():
    # the same dipole with a strong wave, 0.17 km long, in the middle of the shell
    case = CASE | {"resolution.radial_order": 96, "time.end": 1e-6}
    waves = cmi.run(cmi.Parameters().replace(case))
    radius = waves["radius"].values
    envelope = np.exp(-(((radius - 10.5) / 0.3) ** 4))
    dipole = waves["poloidal"].values[0, -1, 0].real
    waves["poloidal"].values[0, :, 0] += 2 * dipole * envelope * np.sin(36 * radius)
    (ax,) = plotting.meridian(waves, times=[0.0])
    lines = np.concatenate(lines_of(ax))
    distance = np.hypot(*lines.T)
    radius = np.where(distance < OUTER, OUTER - (OUTER - distance) / STRETCH, distance)
    assert not np.any(abs(radius - 10.5) < 0.2)
    assert np.any(radius < 10.0)
    assert np.any((radius > 11.0) & (radius < OUTER))
    # filled contours are there instead, and the figure says so
    (filled,) = (artist for artist in ax.collections if isinstance(artist, ContourSet))
    places = np.concatenate([path.vertices for path in filled.get_paths() if path.vertices.size])
    middle = OUTER - STRETCH * (OUTER - 10.5)
    assert np.any(np.abs(np.hypot(*places.T) - middle) < 0.1)
    assert "grey: flux where lines would merge" in ax.figure.get_supxlabel()


def test_the_mesh_is_fine_where_the_elements_are():
    # a layer 0.02 km thick, thinner than equal steps of as many points as the dataset has
    breakpoints = [INNER, 10.0, 10.02, 11.0, OUTER]
    case = CASE | {
        "resolution.radial_grid": breakpoints, "resolution.radial_order": "auto", "time.end": 1e-3,
    }  # fmt: skip
    dataset = cmi.run(cmi.Parameters().replace(case))
    (ax,) = plotting.meridian(dataset, times=[0.0])
    drawn = mesh_of(ax).get_coordinates()[:, 0, 1]
    radius = OUTER - (OUTER - drawn) / STRETCH
    assert np.count_nonzero((radius > 10.0) & (radius < 10.02)) == 13
    assert np.isin(dataset["radius"].round(9), radius.round(9)).all()
    assert radius.size == 2 * dataset.sizes["radius"] - 1


def test_meridian_of_a_three_dimensional_field_is_its_axisymmetric_part(three_dimensional):
    ax = plotting.meridian(three_dimensional, ax=Figure().subplots())
    mesh = mesh_of(ax)
    assert r"\langle B_\phi\rangle" in mesh.colorbar.ax.get_xlabel()
    corner = mesh.get_coordinates()[5, 60]
    radius = OUTER - (OUTER - np.hypot(*corner)) / STRETCH
    grid = cmi.field(
        three_dimensional, radius=[radius], colatitude=[np.arctan2(*corner)],
        longitude=2 * np.pi * np.arange(16) / 16,
    )  # fmt: skip
    shown = mesh.get_array().reshape(mesh.get_coordinates().shape[:2])[5, 60]
    assert shown * 10.0**mesh.power == pytest.approx(float(grid["B_phi"].mean()), rel=1e-9)


def test_a_stretch_without_room_is_refused(axisymmetric):
    with pytest.raises(ValueError, match=r"stretch=5 is outside \(0, 4\]"):
        plotting.meridian(axisymmetric, stretch=5)
    ax = plotting.meridian(axisymmetric, ax=Figure().subplots(), stretch=1)
    # drawn to scale, there is nothing to say
    assert mesh_of(ax).colorbar.ax.get_xlabel().endswith("G]")
    thick = plotting.meridian(axisymmetric, ax=Figure().subplots(), stretch=2)
    label = mesh_of(thick).colorbar.ax.get_xlabel().split("\n", 1)[1]
    assert label.replace("\n", " ") == "crust drawn 2× thicker, its scale 1 km"


def test_surface_is_a_map_of_the_radial_field(three_dimensional):
    ax = plotting.surface(three_dimensional, ax=Figure().subplots())
    mesh = mesh_of(ax)
    assert mesh.get_clim()[0] == -mesh.get_clim()[1]
    shown = mesh.get_array().reshape(mesh.get_coordinates().shape[:2]) * 10.0**mesh.power
    grid = cmi.field(three_dimensional, radius=[OUTER], colatitude=[np.pi / 2], longitude=[0.0])
    middle = tuple(size // 2 for size in shown.shape)
    assert shown[middle] == pytest.approx(grid["B_r"].item(), rel=1e-9)
    np.testing.assert_allclose(mesh.get_coordinates()[middle], 0, atol=1e-12)
    pole = cmi.field(three_dimensional, radius=[OUTER], colatitude=[0.0], longitude=[0.0])
    np.testing.assert_allclose(shown[0], pole["B_r"].item(), rtol=1e-9)
    assert mesh.get_coordinates()[0, 0, 1] == pytest.approx(np.sqrt(2))
    assert mesh.colorbar.ax.get_xlabel().startswith("$B_r$ at 12 km [")


def test_the_projection_is_mollweides():
    # it keeps areas: that of the belt to a latitude is its solid angle, 2 pi sin(latitude)
    auxiliary = np.linspace(0, 1.2, 2001)
    half_width = mollweide(auxiliary, np.pi)[0]
    height = mollweide(auxiliary, 0.0)[1]
    area = np.trapezoid(2 * half_width, height)
    assert area == pytest.approx(2 * np.pi * np.sin(latitude_of(1.2)), rel=1e-6)  # step^2
    assert mollweide(0.0, np.pi) == pytest.approx((2 * np.sqrt(2), 0.0))


def test_volume_slices_show_both_halves_of_a_plane(three_dimensional):
    axes = plotting.volume_slices(three_dimensional, longitude=30.0)
    labels = [mesh_of(ax).colorbar.ax.get_xlabel() for ax in axes]
    assert [label.split(" [")[0] for label in labels] == [
        "$B_r$", r"$B_\theta$", r"$B_\phi$", "$k_5$",
    ]  # fmt: skip
    assert axes[0].get_title() == "0.02 yr, longitude 30°"
    mesh = mesh_of(axes[1])
    corners = mesh.get_coordinates()
    shown = mesh.get_array().reshape(corners.shape[:2]) * 10.0**mesh.power
    for column, longitude in ((40, 30.0), (-40, 210.0)):
        x, z = corners[3, column]
        assert (x > 0) == (longitude == 30.0)
        point = cmi.field(
            three_dimensional, radius=[OUTER - (OUTER - np.hypot(x, z)) / STRETCH],
            colatitude=[np.arctan2(abs(x), z)], longitude=np.deg2rad([longitude]),
        )  # fmt: skip
        assert shown[3, column] == pytest.approx(point["B_theta"].item(), rel=1e-9)
    assert mesh_of(axes[3]).get_clim() == (0.0, pytest.approx(3.0))  # k5 has one sign here


def test_volume_slices_of_an_axisymmetric_field_are_halves(axisymmetric):
    axes = plotting.volume_slices(axisymmetric, quantities=["B_phi"], times=0.01)
    (ax,) = axes
    assert mesh_of(ax).get_coordinates()[..., 0].min() >= 0
    assert ax.get_title() == "0.01 yr"
    with pytest.raises(ValueError, match="quantity 'E_r' is none of B_r, B_theta, B_phi, k5"):
        plotting.volume_slices(axisymmetric, quantities=["E_r"])


def test_k5_is_left_out_where_there_is_no_chiral_term():
    off = cmi.run(cmi.Parameters().replace(CASE | {"chiral.enabled": False}))
    assert plotting.volume_slices(off).size == 3


def test_k5_is_left_out_where_the_crust_is_gone(tmp_path):
    path = tmp_path / "crust.nc"
    cmi.build_background(cmi.Parameters().replace(CASE)).to_netcdf(path, engine="h5netcdf")
    case = {key: value for key, value in CASE.items() if not key.startswith("background")}
    table = {"background.kind": "table", "background.file": str(path)}
    dataset = cmi.run(cmi.Parameters().replace(case | table))
    assert plotting.volume_slices(dataset).size == 4
    path.unlink()
    assert plotting.volume_slices(dataset).size == 3


def test_signs_are_told_apart_in_grey_and_zero_is_white():
    luminance = matplotlib.colormaps[DIVERGING]([0.0, 0.5, 1.0])[:, :3] @ (0.2126, 0.7152, 0.0722)
    assert luminance[1] > 0.9
    assert abs(luminance[0] - luminance[2]) > 0.1


@pytest.mark.parametrize(
    ("kind", "suffix"), [("meridian", "pdf"), ("surface", "png"), ("volume_slices", "png")]
)
def test_pictures_of_a_field_can_be_saved(axisymmetric, kind, suffix, tmp_path):
    with plt.rc_context(dict(plotting.STYLE)):
        axes = plotting.KINDS[kind](axisymmetric)
        np.ravel(axes)[0].figure.savefig(tmp_path / f"figure.{suffix}", dpi=50)


@pytest.mark.parametrize("of", ["meridian", "surface"])
def test_a_movie_has_a_frame_for_each_snapshot(axisymmetric, of, tmp_path):
    plotting.save_movie(axisymmetric, tmp_path / "movie.gif", of=of, frames_per_second=5)
    with Image.open(tmp_path / "movie.gif") as movie:
        assert movie.n_frames == 3
        assert movie.info["duration"] == 200  # ms
        frames = []
        for index in range(3):
            movie.seek(index)
            frames.append(np.asarray(movie.convert("RGB")).reshape(-1, 3).astype(int))
    assert np.any(frames[0] != frames[2])
    assert frames[0][0].tolist() == [255, 255, 255]
    # one palette for all frames, though the first is blank and the last dark in both signs
    assert len(np.unique(np.concatenate(frames), axis=0)) <= 256
    for end in (0.0, 1.0):
        colour = 255 * np.array(matplotlib.colormaps[DIVERGING](end)[:3])
        # the next of 176 colours of a map of 256, or the one beside it
        assert np.abs(frames[2] - colour).max(axis=1).min() <= 6


def test_a_notebook_plays_a_movie(axisymmetric):
    animation = plotting.movie(axisymmetric, of="surface", times=[0.0])
    html = animation._repr_html_()
    assert "<input" in html and "data:image/png;base64" in html
    assert plt.get_fignums() == []  # or empty axes would be shown beside it


@pytest.mark.parametrize("kind", ["meridian", "surface"])
def test_maps_with_a_common_scale_have_the_largest_and_one_bar(axisymmetric, kind):
    own = plotting.KINDS[kind](axisymmetric, times=[0.01, 0.02])
    largest = max(mesh_of(ax).get_clim()[1] * 10.0 ** mesh_of(ax).power for ax in own)
    axes = plotting.KINDS[kind](axisymmetric, times=[0.01, 0.02], common_scale=True)
    meshes = [mesh_of(ax) for ax in axes]
    for mesh in meshes:
        assert mesh.get_clim()[1] * 10.0**mesh.power == pytest.approx(largest, rel=1e-12)
    assert meshes[0].power == meshes[1].power
    assert len(axes[0].figure.axes) == 3


def test_frames_with_a_common_scale_have_that_of_the_largest(axisymmetric):
    animation = plotting.movie(axisymmetric, common_scale=True)
    limits = []
    for index in (1, 2):
        animation._func(index)
        mesh = mesh_of(animation._fig.axes[0])
        limits.append((mesh.power, *mesh.get_clim()))
    animation._draw_was_started = True  # no warning that it was never shown
    assert limits[0] == limits[1]


@pytest.fixture
def heated(axisymmetric):
    """The run with temperatures that nobody computed."""
    degree = axisymmetric["degree_of_lm"].values
    crust = 1e9 - 1e8 * (axisymmetric["radius"].values - INNER)
    count = axisymmetric.sizes["snapshot"]
    parts = np.zeros((count, crust.size, degree.size), dtype=complex)
    parts[..., degree == 2] = 1e7
    colatitude = np.arccos(np.linspace(0.9, -0.9, 7))
    surface = np.tile(1e6 + 1e5 * np.cos(colatitude)[:, None] ** 2, (count, 1, 1))
    return axisymmetric.assign(
        temperature=(("snapshot", "radius"), np.tile(crust, (count, 1))),
        temperature_lm=(("snapshot", "radius", "lm"), parts),
        surface_temperature=(("snapshot", "colatitude", "longitude"), surface),
    ).assign_coords(colatitude=colatitude, longitude=[0.0])


def test_meridian_colours_the_temperature_of_the_crust(heated):
    (ax,) = plotting.meridian(heated, times=[0.02], of="temperature")
    mesh = mesh_of(ax)
    shown = mesh.get_array().reshape(mesh.get_coordinates().shape[:2]) * 10.0**mesh.power
    # at the pole Y_20 = sqrt(5/(4 pi)), at the equator minus half of it
    pole, equator = shown[:, 0], shown[:, shown.shape[1] // 2]
    mean = heated["temperature"].values[-1]
    np.testing.assert_allclose(pole, mean + 1e7 * np.sqrt(1.25 / np.pi), rtol=1e-12)
    np.testing.assert_allclose(equator, mean - 5e6 * np.sqrt(1.25 / np.pi), rtol=1e-12)
    low, high = mesh.get_clim()
    assert (low, high) == pytest.approx((shown.min() / 10.0**mesh.power,
                                         shown.max() / 10.0**mesh.power))  # fmt: skip
    assert mesh.colorbar.ax.get_xlabel() == "$T$ [10$^{9}$ K]"


def test_surface_maps_the_temperature_of_the_surface(heated):
    ax = plotting.surface(heated, ax=Figure().subplots(), of="temperature")
    mesh = mesh_of(ax)
    shown = mesh.get_array().reshape(mesh.get_coordinates().shape[:2]) * 10.0**mesh.power
    np.testing.assert_allclose(shown[shown.shape[0] // 2], 1e6, rtol=1e-12)  # a point of the run
    np.testing.assert_allclose(shown[0], 1e6 + 0.81e5, rtol=1e-12)  # as next to the pole
    assert mesh.colorbar.ax.get_xlabel() == "$T$ of the surface [10$^{6}$ K]"


@pytest.mark.parametrize("kind", ["meridian", "surface"])
def test_a_run_without_temperature_has_no_map_of_it(axisymmetric, kind):
    with pytest.raises(ValueError, match=r"the dataset has no variable .*temperature"):
        plotting.KINDS[kind](axisymmetric, of="temperature")


def test_the_frames_of_a_movie_have_one_geometry(axisymmetric):
    with matplotlib.rc_context(dict(plotting.STYLE)):  # whose layout would move them
        animation = plotting.movie(axisymmetric)
        places = []
        for index in range(3):
            animation._func(index)
            animation._fig.savefig(io.BytesIO())
            places.append([ax.get_position().bounds for ax in animation._fig.axes])
        animation._draw_was_started = True  # no warning that it was never shown
    np.testing.assert_array_equal(places[1:], places[:1] * 2)


def test_a_movie_without_an_encoder_says_what_to_do(axisymmetric, monkeypatch, tmp_path):
    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    with pytest.raises(ValueError, match=r"movie.mp4: ffmpeg, .* a .gif needs no encoder"):
        plotting.save_movie(axisymmetric, tmp_path / "movie.mp4")
    assert not (tmp_path / "movie.mp4").exists()
    with pytest.raises(ValueError, match="no movie of 'spectra'; there are meridian, surface"):
        plotting.movie(axisymmetric, of="spectra")

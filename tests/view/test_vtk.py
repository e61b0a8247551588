"""Fields for ParaView: Cartesian components, the closed circle, and the file if VTK is there."""

import sys

import numpy as np
import pytest
import xarray as xr

import spectralcmi as cmi
from spectralcmi.cli import main
from spectralcmi.view.vtk import cartesian, save_vtk

CASE = {
    "background.kind": "uniform_shell",
    "background.inner_radius": 9.0,
    "background.outer_radius": 12.0,
    "background.magnetic_diffusivity": 1.0,
    "hall.enabled": False,
    "chiral.enabled": False,
    "resolution.lmax": 4,
    "resolution.radial_order": 12,
    "initial.kind": "modes",
    "time.end": 0.01,
    "output.snapshot_times": [0.0, 0.01],
}
TILTED = {"resolution.mmax": 4, "initial.modes": [{"degree": 1, "order": 1}, {"degree": 2}]}


@pytest.fixture(scope="module")
def run():
    return cmi.run(cmi.Parameters().replace(CASE | TILTED))


def uniform(direction, longitude):
    """A uniform field in spherical components."""
    radius, colatitude = np.array([1.0, 2.0]), np.linspace(0, np.pi, 7)
    _, theta, phi = np.meshgrid(radius, colatitude, longitude, indexing="ij")
    unit = {
        "B_r": (np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)),
        "B_theta": (np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)),
        "B_phi": (-np.sin(phi), np.cos(phi), 0 * phi),
    }
    dims = ("radius", "colatitude", "longitude")
    return xr.Dataset(
        {
            name: (dims, sum(d * e for d, e in zip(direction, axes, strict=True)), {"units": "G"})
            for name, axes in unit.items()
        },
        coords={"radius": radius, "colatitude": colatitude, "longitude": longitude, "time": 3.0},
    )


def test_a_uniform_field_is_uniform_in_cartesian_components():
    direction = (0.3, -0.5, 0.8)
    longitude = 2 * np.pi * np.arange(12) / 12
    (x, y, z), values = cartesian(uniform(direction, longitude).assign(k5=lambda d: d["B_r"]))
    assert list(values) == ["B [G]", "k5 [G]"]
    assert values["B [G]"].shape == (2, 7, 13, 3)
    np.testing.assert_allclose(
        values["B [G]"], np.broadcast_to(direction, (2, 7, 13, 3)), atol=1e-15
    )
    # closed: the last meridian is the first
    for part in (x, y, z):
        np.testing.assert_allclose(part[:, :, -1], part[:, :, 0], atol=1e-15)
    np.testing.assert_allclose(np.sqrt(x**2 + y**2 + z**2)[1], 2.0)


def test_part_of_the_circle_stays_open():
    _, values = cartesian(uniform((0, 0, 1), np.linspace(0, 3.0, 5)))
    assert values["B [G]"].shape == (2, 7, 5, 3)


def test_without_vtk_or_with_another_suffix_one_line_says_so(monkeypatch, tmp_path):
    grid = uniform((0, 0, 1), np.array([0.0]))
    monkeypatch.setitem(sys.modules, "pyvista", None)
    with pytest.raises(ImportError, match=r"field.vts: needs pyvista, .*spectralcmi\[paraview\]"):
        save_vtk(grid, tmp_path / "field.vts")
    with pytest.raises(ValueError, match=r"the suffix is none of \.vts, \.vtk"):
        save_vtk(grid, tmp_path / "field.obj")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".vts", ".vtk"])
def test_the_file_holds_the_field(run, suffix, tmp_path):
    pyvista = pytest.importorskip("pyvista", reason="an optional extra of hundreds of megabytes")
    longitude = 2 * np.pi * np.arange(8) / 8
    grid = cmi.field(run, 0, radius=[9.0, 11.0, 14.0], longitude=longitude, curl=True)
    save_vtk(grid, tmp_path / f"field{suffix}")
    read = pyvista.read(tmp_path / f"field{suffix}")
    assert read.dimensions == (3, 9, 9)
    assert set(read.point_data) == {"B [gauss]", "curl_B [gauss km^-1]"}
    point = read.find_closest_point((0.0, 11.0, 0.0))  # on the y axis: east is -x
    np.testing.assert_allclose(read.points[point], (0.0, 11.0, 0.0), atol=1e-5)  # single precision
    at = grid.sel(radius=11.0, longitude=np.pi / 2, colatitude=np.pi / 2, method="nearest")
    expected = [-at["B_phi"].item(), at["B_r"].item(), -at["B_theta"].item()]
    np.testing.assert_allclose(read.point_data["B [gauss]"][point], expected, rtol=1e-9, atol=1e2)


def test_the_command_writes_the_field_of_the_nearest_snapshot(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run.to_netcdf("run.nc", engine="h5netcdf")
    assert main(["field", "run.nc", "--time", "0.001", "--curl"]) == 0
    assert capsys.readouterr().err == "spectralcmi: run_field.nc: written, the field at 0 yr\n"
    with xr.open_dataset("run_field.nc", engine="h5netcdf") as saved:
        xr.testing.assert_identical(saved.load(), cmi.field(run, 0, curl=True))
    options = ["--radii", "3", "--up-to", "15", "--colatitudes", "5", "--longitudes", "4"]
    assert main(["field", "run.nc", "--output", "new/grid.nc", *options]) == 0
    with xr.open_dataset("new/grid.nc", engine="h5netcdf") as saved:
        assert dict(saved.sizes) == {"radius": 3, "colatitude": 5, "longitude": 4}
        np.testing.assert_allclose(saved["radius"], [9, 12, 15])
        assert float(saved["time"]) == 0.01
    for wrong, text in (
        (["--radii", "0"], "--radii = 0: must be at least 1"),
        (["--up-to", "8"], "lies below the inner radius"),
    ):
        assert main(["field", "run.nc", "--output", "wrong/grid.nc", *wrong]) == 2
        assert text in capsys.readouterr().err
    assert not (tmp_path / "wrong").exists()


def test_the_command_revolves_an_axisymmetric_field_for_paraview(run, tmp_path, monkeypatch):
    pytest.importorskip("pyvista", reason="an optional extra of hundreds of megabytes")
    import pyvista

    monkeypatch.chdir(tmp_path)
    cmi.run(cmi.Parameters().replace(CASE | {"initial.modes": [{"degree": 1}]})).to_netcdf(
        "run.nc", engine="h5netcdf"
    )
    assert main(["field", "run.nc", "--output", "field.vts"]) == 0
    assert pyvista.read("field.vts").dimensions == (12, 9, 73)

"""A user's own diagnostics: checked before the run, kept where it goes on."""

import numpy as np
import pytest

from spectralcmi.errors import InputError
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.diagnostics import Diagnostic
from spectralcmi.runs.files import RunFileError
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run


def toroidal_at_radii(state):
    """Sum of the |T_lm|^2 at each radius of the dataset [(1e12 G)^2]."""
    return (abs(state.on_storage_points()[1]) ** 2).sum(axis=1)


ALONG_RADIUS = Diagnostic("toroidal_square", toroidal_at_radii, ("time", "radius"), "G2", "of T")
SINGLE = Diagnostic("surface", lambda state: float(abs(state.surface_poloidal).max()), (), "1", "p")


def test_they_are_measured_along_any_dimension(small_case):
    dataset = run(small_case(), diagnostics=[ALONG_RADIUS, SINGLE])
    assert dataset["toroidal_square"].dims == ("time", "radius")
    assert dataset["surface"].dims == ("time",)
    assert dataset["toroidal_square"].attrs == {"units": "G2", "long_name": "of T"}
    # the snapshot at 3 yr is of the same time
    stored = (abs(dataset["toroidal"].sel(snapshot=3.0)) ** 2).sum("lm") / 1e24
    # squares, each to rounding
    np.testing.assert_allclose(dataset["toroidal_square"].sel(time=3.0), stored, rtol=1e-13)


def test_they_are_kept_on_resume_where_they_are_given_again(small_case, tmp_path, caplog):
    path = tmp_path / "run.nc"
    run(small_case(**{"time.end": 3.0}), path, diagnostics=[ALONG_RADIUS])
    longer = resume(path, {"time.end": 4.0}, diagnostics=[ALONG_RADIUS])
    whole = run(small_case(**{"time.end": 4.0}), diagnostics=[ALONG_RADIUS])
    np.testing.assert_array_equal(longer["toroidal_square"], whole["toroidal_square"])
    assert caplog.text == ""
    lost = resume(path, {"time.end": 5.0})
    assert "toroidal_square is measured no more" in caplog.text
    np.testing.assert_array_equal(lost["toroidal_square"][:9], whole["toroidal_square"])
    assert lost["toroidal_square"][9:].isnull().all()
    assert open_run(path).equals(lost)
    again = resume(path, {"time.end": 6.0}, diagnostics=[ALONG_RADIUS, SINGLE])
    assert again["toroidal_square"].isnull().any("radius").sum() == 2
    assert again["surface"].isnull().sum() == 11
    other = Diagnostic("surface", toroidal_at_radii, ("radius",), "1", "p")
    with pytest.raises(InputError, match="its surface has the dimensions"):
        resume(path, {"time.end": 7.0}, diagnostics=[other])


def test_a_complete_run_without_them_is_not_theirs(small_case, tmp_path):
    path = tmp_path / "run.nc"
    run(small_case(**{"time.end": 1.0}), path)
    with pytest.raises(RunFileError, match="is complete without the diagnostic surface"):
        run(small_case(**{"time.end": 1.0}), path, diagnostics=[SINGLE])


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (Diagnostic("a", toroidal_at_radii, ("degree",), "1", "x"), "gives the shape (15,), and"),
        (Diagnostic("a", toroidal_at_radii, ("lm",), "1", "x"), "besides time there are degree,"),
        (Diagnostic("a", toroidal_at_radii, "radius", "1", "x"), "has to be a tuple"),
        (Diagnostic("rms_field", SINGLE.function, (), "1", "x"), "has a rms_field already"),
        (Diagnostic("no name", SINGLE.function, (), "1", "x"), "'no name' is no name"),
        (Diagnostic("a", SINGLE.function, (), "", "x"), "a.units has to be a text"),
        (Diagnostic("a", lambda state: 1j, (), "1", "x"), "gives complex128 and no real numbers"),
        (toroidal_at_radii, "a function is no Diagnostic"),
    ],
)
def test_what_does_not_fit_is_one_line_before_the_run(small_case, tmp_path, one, message):
    with pytest.raises(InputError) as error:
        run(small_case(), tmp_path / "run.nc", diagnostics=[one])
    assert message in str(error.value)
    assert not (tmp_path / "run.nc").exists()

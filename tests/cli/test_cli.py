"""Command line: exit codes, streams, errors of one line, and nothing left behind."""

import contextlib
import errno
import importlib
import io
import json
import os
import re
import select
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import spectralcmi
from spectralcmi.case.parameters import Parameters
from spectralcmi.case.sections import Resolution
from spectralcmi.cli import main
from spectralcmi.cli.announcement import announcement, tails
from spectralcmi.errors import (
    DivergedError,
    InputError,
    InUseError,
    MissingPackageError,
    WriteError,
)


class Solver(types.ModuleType):
    """Stand-in for `spectralcmi.runs.run`: notes what it is asked, and ends as it is told."""

    def __init__(self):
        super().__init__("spectralcmi.runs.run")
        self.ends_with = None
        self.saves = True
        self.parameters = []

    def run(self, parameters, output=None, progress=None, overwrite=False):
        self.parameters.append(parameters)
        for time in (0.5 * parameters.time.end, parameters.time.end):
            if progress is not None:
                progress(
                    types.SimpleNamespace(
                        time=time, step=0.125, rms_field=2e12, steps=1, rejected=0,
                        end=parameters.time.end,
                    )
                )  # fmt: skip
        if self.saves:
            Path(output).write_text("a dataset")
        if self.ends_with is not None:
            raise self.ends_with
        return result(parameters.time.end)


def result(end):
    """What is told of a run when it ends."""
    series = {
        "energy_poloidal": [4e42, 6e48],
        "energy_toroidal": [0.0, 2e48],
        "energy_exterior": [1e41, 1e41],
        "ohmic_energy": [0.0, -4e48],
        "chiral_energy": [0.0, 1.3e49],
        "angular_dissipation_energy": [0.0, -1e48],
        "rms_field": [1e12, 2e12],
        "dipole_field": [1e12, 9.5e11],
        "accepted_steps": [0.0, 1579.0],
        "rejected_steps": [0.0, 19.0],
        "tail_degree": [0.0, 0.1],
        "tail_radial": [0.0, 1e-4],
    }
    variables = {name: ("time", values) for name, values in series.items()}
    attributes = {"tails_small_until_degree": 104.0, "tails_small_until_radius": end}
    return xr.Dataset(variables, coords={"time": [0.0, end]}, attrs=attributes)


@pytest.fixture
def solver(monkeypatch):
    """The stand-in."""
    stand_in = Solver()
    monkeypatch.setitem(sys.modules, "spectralcmi.runs.run", stand_in)
    monkeypatch.setenv("SPECTRALCMI_THREADS", "2")
    return stand_in


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Working folder of its own for every test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, text):
    Path(name).write_text(text)
    return name


def content(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# Bad input: exit 2, one line, nothing left behind


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run", "missing.toml"], "missing.toml: no such file"),
        (["run", "misspelt.toml"], "chiral.delta_muu = 0.01: unknown key (did you mean delta_mu?)"),
        (["run", "orders.toml"], "resolution.mmax = 40: mmax=40 exceeds lmax=32"),
        (["run", "--background.temperature", "-1.0"],
         "background.temperature = -1.0: must be greater than 0"),
        (["run", "--resolution.radial_order=2"],
         'resolution.radial_order = 2: must be "auto" or an integer from 8 to 10000'),
        (["run", "--hall.kind", "x"], "hall.kind = 'x': unknown key"),
        (["run", "kinds.toml"], "hall.kind = []: unknown key"),
        (["run", "--resolution.radial_grid", "[9, 10]", "--resolution.radial_order", "8"],
         "resolution.radial_order = 8: 1 element of order 7 give"),
        (["run", "--lmax", "3"],
         "unrecognized arguments: --lmax (did you mean --resolution.lmax or --thermal.lmax or "
         "--initial.lmax?)"),
        (["run", "misspelt.toml", "--radial-order=3"],
         "unrecognized arguments: --radial-order=3 (did you mean --resolution.radial_order?)"),
        (["plot", "empty.nc", "energies", "--lmax", "3"], "unrecognized arguments: --lmax 3\n"),
        (["run", "--output", "misspelt.toml/deep/run.nc"],
         "--output = 'misspelt.toml/deep/run.nc': cannot be written: Not a directory"),
        (["run", "--output", "."], "--output = '.': cannot be written: it is a folder"),
        (["run", "not.toml"], "not.toml: not TOML: "),
        (["run", "."], ".: cannot be read: Is a directory"),
        (["run", "--initial.kind", "file", "--initial.file", "none.nc"],
         "initial.file = 'none.nc': no such file"),
        (["run", "--time.end"], "time.end: needs a value"),
        (["run", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["star", "--background.kind", "table", "--background.file", "none.nc"],
         "background.file = 'none.nc': no such file"),
        (["star", "--output", "misspelt.toml/crust.nc"], "cannot be written"),
        (["eigenmodes", "--degrees", "0:4"], "argument --degrees: '0:4' holds no degree, or one"),
        (["eigenmodes", "--degrees", "few"], "argument --degrees: 'few' is not like 1:60 or 1,2,5"),
        (["plot", "none.nc", "energies"], "none.nc: no such file"),
        (["plot", "not.toml", "energies"], "not.toml: not a netCDF-4 dataset"),
        (["plot", "empty.nc", "energies"],
         "empty.nc: the dataset has no variable energy_poloidal, which energies needs"),
        (["plot", "empty.nc", "energy"],
         "no kind 'energy'; there are energies, spectra, spectrogram, orders, meridian,"),
        (["plot", "empty.nc", "movie"],
         "empty.nc: the dataset has no snapshot, which movie needs"),
        (["plot", "empty.nc", "movie", "--output", "field.png"],
         "--output = 'field.png': a movie has the suffix .gif or .mp4"),
        (["plot", "empty.nc", "energies", "--output", "energies.gif"],
         "--output = 'energies.gif': a figure has the suffix .png, .pdf or .svg"),
        (["plot", "scan.nc", "energies"],
         "scan.nc: is of a scan, which `spectralcmi plot scan.nc scan` draws"),
        (["plot", "newer.nc", "energies"], "newer.nc: schema_version=99 is not"),
        (["star", "--output", "crust.csv"],
         "--output = 'crust.csv': a crust has the suffix .nc or .nc4"),
        (["star", "--figure", "crust.abc"],
         "--figure = 'crust.abc': a figure has the suffix .png, .pdf or .svg"),
        (["field", "empty.nc", "--output", "field.abc"],
         "--output = 'field.abc': a field has the suffix .nc, .nc4, .vts or .vtk"),
        (["field", "empty.nc", "--up-to", "nan"],
         "argument --up-to: 'nan' is not a positive number"),
        (["plot", "empty.nc", "energies", "--times", "3"], "plot: energies takes no --times"),
        (["plot", "empty.nc", "spectra", "--times", "3,x"], "'3,x' is not like 0,50,100"),
        (["plot", "empty.nc", "energies", "--time.end", "3"], "plot takes no case keys"),
        (["nonsense"], "invalid choice: 'nonsense'"),
        ([], "arguments are required: COMMAND"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_leaves_nothing(folder, solver, capfd, arguments, line):
    write("misspelt.toml", "[chiral]\ndelta_muu = 0.01\n")
    write("orders.toml", "[resolution]\nlmax = 32\nmmax = 40\n")
    write("not.toml", "[chiral\n")
    write("kinds.toml", "[hall]\nkind = []\n")
    xr.Dataset().to_netcdf("empty.nc", engine="h5netcdf")
    xr.Dataset(attrs={"scanned": "[]"}).to_netcdf("scan.nc", engine="h5netcdf")
    xr.Dataset(attrs={"schema_version": 99}).to_netcdf("newer.nc", engine="h5netcdf")
    before = content(folder)
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("spectralcmi: ")
    assert err.count("\n") == 1
    assert line in err
    assert content(folder) == before
    assert solver.parameters == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("mass=3 exceeds\n2.28"), 2),
        (MissingPackageError("needs pyvista"), 2),
        (MemoryError(), 2),
        (WriteError("run.nc: cannot be written"), 4),
        (OSError(errno.ENOSPC, "No space left on device"), 4),
        (InUseError("run.nc: another process is writing it"), 5),
    ],
)
def test_what_the_solver_refuses_is_one_line_and_leaves_no_folder(
    folder, solver, capsys, error, code
):
    solver.ends_with, solver.saves = error, False
    assert main(["run", "--quiet"]) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert content(folder) == []


def test_a_number_of_threads_that_is_none_is_noticed_before_anything_is_said(
    folder, solver, capsys, monkeypatch
):
    monkeypatch.setenv("SPECTRALCMI_THREADS", "zero")
    assert main(["run"]) == 2
    err = capsys.readouterr().err
    assert err == "spectralcmi: SPECTRALCMI_THREADS=zero is not a positive integer\n"
    assert content(folder) == []


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        ValueError("operands could not be broadcast together"),  # of NumPy: a bug of ours
        KeyError("lmax"),
        OSError(errno.EBADF, "Bad file descriptor"),
        ImportError("cannot import name"),
    ],
)
def test_a_bug_is_not_taken_for_bad_input(solver, error):
    solver.ends_with = error
    with pytest.raises(type(error)):
        main(["run", "--quiet"])


def test_a_bug_ends_the_process_with_code_1_and_its_traceback(folder):
    code = (
        "import sys; from spectralcmi.case import files; from spectralcmi.cli import main\n"
        "def bug(parameters): raise ValueError('shapes differ')\n"
        "files.require_files = bug; sys.exit(main(['run']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment()
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Traceback")
    assert ended.stderr.endswith("ValueError: shapes differ\n")
    assert content(folder) == []


def test_a_disk_that_takes_nothing_is_noticed_before_the_run(folder, solver, capsys, monkeypatch):
    def full(**options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    assert main(["run"]) == 4
    err = capsys.readouterr().err
    assert err == (
        "spectralcmi: --output = 'runs/paper.nc': cannot be written: No space left on device\n"
    )
    assert content(folder) == []
    assert solver.parameters == []


def test_messages_that_nobody_reads_stop_nothing(folder):
    command = [sys.executable, "-m", "spectralcmi.cli", "new", "case.toml"]
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as stderr:
        ended = subprocess.run(command, stderr=stderr, check=False, env=environment())
    assert ended.returncode == 0
    assert content(folder) == ["case.toml"]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_lost_stream_stops_no_command(folder, stream):
    """What is asked for is done all the same, and the process says so by its code."""
    command = [sys.executable, "-m", "spectralcmi.cli", "star", "--output", "crust.nc"]
    command += [*SHELL, "--age", "0"]
    if stream == "stdout":
        command[3:] = ["keys"]
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as lost:
        ended = subprocess.run(command, check=False, env=environment(), **{stream: lost})
    assert ended.returncode == 0
    assert content(folder) == (["crust.nc"] if stream == "stderr" else [])


def test_messages_without_any_stream_stop_nothing(monkeypatch):
    from spectralcmi.cli.messages import is_terminal, print_lines, say

    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr(sys, "stderr", stream)
        say("something")
        assert not is_terminal(stream)

    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Broken())
    print_lines(["a result"])


def test_the_process_itself_ends_with_code_2(folder):
    command = [sys.executable, "-m", "spectralcmi.cli", "run", "missing.toml"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert ended.returncode == 2
    assert (ended.stdout, ended.stderr) == ("", "spectralcmi: missing.toml: no such file\n")


SHELL = [
    "--background.kind", "uniform_shell", "--background.inner_radius", "9",
    "--background.outer_radius", "10", "--background.magnetic_diffusivity", "1e-3",
]  # fmt: skip


def environment():
    """Environment in which this checkout's package is found from any folder."""
    return os.environ | {"PYTHONPATH": str(Path(spectralcmi.__file__).parents[1])}


# Malformed case files: never a traceback, never a partial output

sections = {
    name: list(type(getattr(Parameters(), name)).model_fields) for name in Parameters.model_fields
}
words = st.text(max_size=8) | st.sampled_from(
    ["auto", "uniform_shell", "table", "modes", "random", "file", "ars343", "smooth", "", "\n", "."]
)
values = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
known_keys = st.sampled_from([(name, key) for name, keys in sections.items() for key in keys])
keys = known_keys | known_keys | st.tuples(st.sampled_from(list(sections)), words)
entries = st.lists(st.tuples(keys, values), max_size=6)


def quoted(value):
    """String, number, truth value or list as TOML, which here is written as JSON is."""
    # what JSON leaves as it is and TOML forbids inside a string
    return json.dumps(value).replace("\x7f", "\\u007f")


def toml_of(entries):
    lines = {}
    for (section, key), value in entries:
        lines.setdefault(section, {})[key] = value
    return "\n".join(
        f"[{section}]\n" + "\n".join(f"{quoted(k)} = {quoted(v)}" for k, v in table.items())
        for section, table in lines.items()
    )


case_files = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode()),
    entries.map(lambda entries: toml_of(entries).encode()),
    # files cut off, as by a full disk
    st.tuples(entries, st.integers(0, 80)).map(lambda pair: toml_of(pair[0]).encode()[: pair[1]]),
)
overrides = st.lists(st.tuples(known_keys, st.text(max_size=10) | values.map(quoted)), max_size=2)


def outcome(case, overrides):
    """Exit code, both streams, folder's content and solver's calls for one case file."""
    solver, streams = Solver(), (io.StringIO(), io.StringIO())
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setitem(sys.modules, "spectralcmi.runs.run", solver)
        path = Path(folder, "case.toml")
        path.write_bytes(case)
        arguments = [f"--{section}.{key}={value}" for (section, key), value in overrides]
        output = str(Path(folder, "runs", "run.nc"))
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            code = main(["run", str(path), "--quiet", "--output", output, *arguments])
        out, err = (stream.getvalue() for stream in streams)
        return code, out, err, content(Path(folder)), solver.parameters


@settings(max_examples=400)
@given(case_files, overrides)
def test_malformed_cases_never_give_a_traceback_nor_a_partial_output(case, overrides):
    code, out, err, files, parameters = outcome(case, overrides)
    assert out == ""
    if code == 0:  # some of them are valid, and then they run, as quietly as asked
        assert (err, len(parameters)) == ("", 1)
    else:
        assert len(err.splitlines()) == 1
        assert err.startswith("spectralcmi: ")
        assert (code, files, parameters) == (2, ["case.toml"], [])


def test_the_generated_cases_are_toml_where_they_should_be():
    # else the test above would try nothing but the TOML reader
    code, _, _, _, (parameters,) = outcome(
        toml_of([(("time", "end"), 5.0), (("initial", "kind"), "random")]).encode(), []
    )
    assert code == 0
    assert (parameters.time.end, parameters.initial.kind) == (5.0, "random")


# Runs

#: One expansion, whatever is the default.
GLOBAL = ["--resolution.radial_grid", "global", "--resolution.radial_order", "192"]


def test_a_case_runs_into_the_folder_runs(folder, solver, capsys):
    write("crust.toml", "[time]\nend = 10\n")
    assert main(["run", "crust.toml", "--resolution.lmax", "20", "--hall.enabled=False"]) == 0
    (parameters,) = solver.parameters
    assert parameters.time.end == 10
    assert parameters.resolution.lmax == 20
    assert not parameters.hall.enabled
    out, err = capsys.readouterr()
    assert out == ""
    *announced, closing, resolved = err.splitlines()
    assert [line.split()[:2] for line in announced] == [
        ["spectralcmi:", word] for word in ("new", "star", "grid", "terms", "memory")
    ]
    assert resolved.startswith("spectralcmi: tails below ")
    assert closing.startswith("spectralcmi: runs/crust.nc: 10 yr in ")
    assert content(folder) == ["crust.toml", "runs", "runs/crust.nc"]


def test_the_announcement_says_what_is_solved_and_what_it_takes(solver, capsys):
    assert main(["run", "--time.end", "50", *GLOBAL]) == 0
    star, grid, terms, memory, closing, resolved = (
        line.removeprefix("spectralcmi: ") for line in capsys.readouterr().err.splitlines()
    )
    assert star == (
        "star    bsk24, 1.4 solar masses, 1e9 K, crust from 11.544 to 12.420 km, metric of the star"
    )
    assert grid == (
        "grid    degrees to 60, axisymmetric, 192 Chebyshev polynomials: 23 040 unknowns"
    )
    assert terms == (
        "terms   Ohmic decay, Hall drift, chiral effect (delta_mu 0.01 k_B T, |k5| up to 600/km), "
        "angular dissipation 10/yr; dipole to 50 yr"
    )
    assert re.fullmatch(r"memory  about 0\.\d\d GB", memory)
    # 8e48 - 4e42 erg gained of which the terms explain 8e48, and 4e48 lost
    assert re.fullmatch(
        r"runs/paper\.nc: 50 yr in [\d.]+ m?s \(1579 steps, 19 rejected\); B_rms 2e12 G, "
        r"dipole outside 9\.5e11 G, energy 8e48 erg, 25 % toroidal; energy balance within 1e-6 of "
        r"the Ohmic loss",
        closing,
    )
    assert resolved == "tails below 1e-3 until 104 yr in degree (0.1 at most), all along in radius"


@pytest.mark.parametrize(
    ("until", "line"),
    [
        ((50.0, np.nan), "tails below 1e-3 all along in degree, never in radius"),
        (
            (0.0, 1 / 3),
            "tails below 1e-3 until 0 yr in degree (0.1 at most), "
            "until 0.333333 yr in radius (0.0001 at most)",
        ),
    ],
)
def test_the_summary_tells_until_when_tails_were_small(until, line):
    dataset = result(50.0).assign_attrs(
        tails_small_until_degree=until[0], tails_small_until_radius=until[1]
    )
    assert tails(dataset) == line


def test_the_summary_tells_which_tails_are_unknown():
    older = result(50.0).assign_attrs(tails_small_until_degree=np.nan)
    older["tail_degree"][0] = np.nan
    assert tails(older) == (
        "tails below 1e-3 not measured from the start in degree, all along in radius"
    )


def test_the_summary_of_a_run_that_measured_no_tails_tells_none():
    assert tails(result(50.0).drop_attrs()) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hall.enabled": "false", "chiral.enabled": "false"}, ["Ohmic decay; dipole to 300 yr"]),
        ({"chiral.anomaly": "false", "dissipation.angular_rate": "0"},
         ["up to 600/km, no feedback of E.B); dipole"]),
        ({"resolution.mmax": "30", "resolution.mres": "5"}, ["degrees to 60, orders to 30, every"]),
        ({"background.kind": "uniform_shell", "background.inner_radius": "9",
          "background.outer_radius": "10", "background.magnetic_diffusivity": "1"},
         ["star    uniform shell from 9.000 to 10.000 km, flat space"]),
        ({"thermal.enabled": "true"}, ["1.4 solar masses, temperature evolved from 1e10 K, crust"]),
        ({"background.kind": "gourgouliatos_cumming"},
         ["star    crust of Gourgouliatos & Cumming (2014), from 9.000 to 10.000 km"]),
    ],
)  # fmt: skip
def test_the_announcement_is_of_this_case(solver, capsys, changes, words):
    arguments = [part for key, value in changes.items() for part in (f"--{key}", value)]
    assert main(["run", *arguments]) == 0
    err = capsys.readouterr().err
    assert all(word in err for word in words), err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        # a fifth of the shell is the largest size
        ({"radial_grid": "auto"}, "30 functions on 5 radial elements: 3 600 unknowns"),
        ({"radial_grid": [9.0, 9.5, 10.0]}, "12 functions on 2 radial elements: 1 440 unknowns"),
        ({"radial_grid": "global", "radial_order": 24}, "24 Chebyshev polynomials: 2 880 unknowns"),
    ],
)  # fmt: skip
def test_the_announcement_counts_functions_and_unknowns(changes, words):
    shell = {
        "kind": "uniform_shell", "inner_radius": 9.0, "outer_radius": 10.0,
        "magnetic_diffusivity": 1e-3,
    }  # fmt: skip
    lines = announcement(
        Parameters().replace(background=shell, resolution={"radial_order": "auto"} | changes)
    )
    grid = next(line for line in lines if line.startswith("grid"))
    assert grid.endswith(words)


def test_a_case_written_before_is_told_of_new_defaults_once(solver, capsys, monkeypatch):
    monkeypatch.setattr(Resolution.model_fields["dealiasing"], "default", 2)
    write("old.toml", "[time]\nend = 10\n")
    write("new.toml", '[time]\nend = 10\n[resolution]\nradial_grid = "global"\n')
    news = "resolution.dealiasing = 2 (was 3)"
    for arguments, told in (
        (["old.toml"], True),
        (["old.toml"], False),  # the run is there
        (["new.toml"], False),
        (["old.toml", "--overwrite", *GLOBAL], False),
        (["old.toml", "--overwrite", "--quiet"], False),
        ([], False),  # there is no case file that could be old
    ):
        assert main(["run", *arguments]) == 0
        assert (news in capsys.readouterr().err) == told, arguments


def test_a_run_that_is_there_is_not_announced(folder, solver, capsys):
    Path("runs").mkdir()
    write("runs/paper.nc", "a complete run")
    solver.saves = False
    assert main(["run"]) == 0
    closing, _ = capsys.readouterr().err.splitlines()
    assert "paper.nc: 300 yr (1579 steps" in closing  # not in how long: it took no time now
    assert main(["run", "--overwrite"]) == 0
    assert "star    bsk24" in capsys.readouterr().err


def test_quiet_is_silent(solver, capsys):
    assert main(["run", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_without_a_case_the_papers_runs(folder, solver):
    assert main(["run", "--quiet"]) == 0
    assert solver.parameters == [Parameters()]
    assert content(folder) == ["runs", "runs/paper.nc"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e1", 10.0),
        (".5", 0.5),
        ("12", 12),
        ('"12"', "12"),
    ],
)
def test_values_are_read_as_in_the_case_file_or_as_people_type_them(solver, text, value):
    expected = Parameters().replace(**{"time.end": value}) if value != "12" else None
    assert main(["run", "--time.end", text]) == (2 if expected is None else 0)
    assert solver.parameters == ([] if expected is None else [expected])


def test_lists_and_tables_can_be_given_on_the_command_line(solver):
    modes = '[{degree = 2, kind = "toroidal"}]'
    arguments = ["--initial.kind=modes", "--initial.modes", modes, "--output.snapshot_times", "[1]"]
    assert main(["run", *arguments]) == 0
    (parameters,) = solver.parameters
    assert [(mode.degree, mode.kind) for mode in parameters.initial.modes] == [(2, "toroidal")]
    assert parameters.output.snapshot_times == (1.0,)


def test_a_diverged_run_ends_with_3_and_says_where(solver, capsys):
    solver.ends_with = DivergedError(12.5, 1e-9, 3e17, "steps are limited\nby Hall drift")
    assert main(["run", "--quiet"]) == 3
    assert capsys.readouterr().err == (
        "spectralcmi: the run diverged at 12.5 yr, step 1e-09 yr, B_rms 3e+17 G; steps are limited "
        "by Hall drift; what was computed is in runs/paper.nc\n"
    )


def test_an_interrupted_run_ends_with_130_and_says_what_is_saved(folder, solver, capsys):
    solver.ends_with = KeyboardInterrupt()
    assert main(["run", "--quiet"]) == 130
    assert capsys.readouterr().err == (
        "spectralcmi: interrupted; what was computed is in runs/paper.nc; "
        "`spectralcmi resume runs/paper.nc` goes on\n"
    )
    solver.saves = False
    assert main(["run", "--quiet", "--output", "new/run.nc"]) == 130
    nothing = "interrupted; nothing new is computed; the same command begins again"
    assert capsys.readouterr().err == f"spectralcmi: {nothing}\n"
    assert content(folder) == ["runs", "runs/paper.nc"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_moves_on_a_terminal_alone(solver, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert main(["run"]) == 0
    shown = sys.stderr.getvalue()
    assert "100%" in shown
    assert "300.0/300 yr, step 0.12 yr, B_rms 2e12 G" in shown
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert main(["run", "--quiet"]) == 0
    assert sys.stderr.getvalue() == ""
    assert capsys.readouterr().out == ""


def test_the_bar_is_seen_on_a_terminal_that_does_not_know_its_size(solver, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    keyboard, screen = os.openpty()
    with open(screen, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        assert main(["run"]) == 0
        shown = ""
        while "300.0/300 yr" not in shown:  # a terminal gives what it has piece by piece
            assert select.select([keyboard], [], [], 10.0)[0], shown
            shown += os.read(keyboard, 10_000).decode()
    os.close(keyboard)


# Results


def table(text):
    header, *rows = text.splitlines()
    return header.split(","), np.array([[float(cell) for cell in row.split(",")] for row in rows])


def crust():
    return xr.Dataset(
        {"density": ("radius", [2e14, 1e10], {"units": "g cm-3"}), "mass": ((), 1.4)},
        coords={"radius": ("radius", [11.5, 12.4], {"units": "km"})},
    )


def test_star_prints_csv_or_saves(folder, monkeypatch, capsys):
    monkeypatch.setattr(spectralcmi, "build_background", lambda parameters, time: crust())
    assert main(["star"]) == 0
    out, err = capsys.readouterr()
    header, rows = table(out)
    assert header == ["radius [km]", "density [g cm-3]"]
    np.testing.assert_array_equal(rows, [[11.5, 2e14], [12.4, 1e10]])
    assert err == ""
    assert main(["star", "--output", "new/crust.nc"]) == 0
    assert capsys.readouterr().out == ""
    with xr.open_dataset("new/crust.nc", engine="h5netcdf") as saved:
        xr.testing.assert_identical(saved.load(), crust())
    assert content(folder) == ["new", "new/crust.nc"]


def test_star_draws_fig_1_and_compares_it_with_the_paper(folder, capsys):
    assert main(["star", "--output", "crust.nc", "--chiral.weak_rate_prefactor", "2"]) == 0
    assert Path("crust_rates.png").read_bytes().startswith(b"\x89PNG")
    err = capsys.readouterr().err
    assert "n5/n_e, stated below 1e-9: at most 3.3e-7" in err
    assert "without their 4 pi" in err
    assert "here they are 1 and 2" in err
    assert "at most 3.3e-7" in Path("crust_rates_caption.txt").read_text()
    assert main(["star", "--background.kind", "gourgouliatos_cumming", "--figure", "gc.pdf"]) == 0
    assert Path("gc.pdf").read_bytes().startswith(b"%PDF")
    header, rows = table(capsys.readouterr().out)
    assert "electron_density [cm^-3]" in header
    assert rows[0, 0] == 9.0
    assert rows[-1, 0] == 10.0


def test_star_of_a_shell_without_rates_has_no_figure(folder, capsys):
    shell = ["--background.kind", "uniform_shell", "--background.inner_radius", "0.75"]
    shell += ["--background.outer_radius", "1", "--background.magnetic_diffusivity", "1"]
    assert main(["star", *shell, "--output", "shell.nc"]) == 0
    assert content(folder) == ["shell.nc"]
    capsys.readouterr()
    assert main(["star", *shell, "--figure", "new/fig.png"]) == 2
    assert "no variable chiral_fraction" in capsys.readouterr().err
    assert content(folder) == ["shell.nc"]


def test_what_star_writes_is_a_background(folder, capsys):
    """A table made from its own output is the same crust, bit for bit at its points."""
    assert main(["star", "--output", "crust.nc", "--background.temperature", "3e8"]) == 0
    as_table = ["--background.kind", "table", "--background.file", "crust.nc"]
    assert main(["star", *as_table, "--output", "again.nc"]) == 0
    with xr.open_dataset("crust.nc") as first, xr.open_dataset("again.nc") as second:
        assert set(first.data_vars) == set(second.data_vars)
        for name in first.variables:
            # logarithms and powers there and back; those formed from several lose as much again
            np.testing.assert_allclose(second[name], first[name], rtol=1e-12)
    assert main(["star", *as_table, "--chiral.delta_mu", "1e-4", "--output", "less.nc"]) == 0
    with xr.open_dataset("crust.nc") as first, xr.open_dataset("less.nc") as less:
        ratio = np.expm1(-1e-4) / np.expm1(-1e-2)
        np.testing.assert_allclose(less.chiral_wavenumber / first.chiral_wavenumber, ratio, 1e-10)


def test_star_shows_a_cooling_star_at_an_age(folder, capsys):
    Path("cooling.txt").write_text("1 1e9\n100 1e8\n")
    rows = {}
    for age in ("0", "10", "100"):
        assert main(["star", "--background.cooling_history", "cooling.txt", "--age", age]) == 0
        header, values = table(capsys.readouterr().out)
        rows[age] = values[:, header.index("temperature [K]")]
    assert np.all(rows["0"] == 1e9)
    # halfway in both logarithms
    np.testing.assert_allclose(rows["10"], 10**8.5, rtol=1e-9)  # ten digits are printed
    assert np.all(rows["100"] == 1e8)
    assert main(["star", "--background.cooling_history", "cooling.txt", "--age", "101"]) == 2
    assert "ends at 100 yr, before 101 yr" in capsys.readouterr().err
    for age in ("nan", "-5", "inf", "old"):
        assert main(["star", "--age", age]) == 2
        assert f"'{age}' is not a number of years" in capsys.readouterr().err


def test_eigenmodes_prints_the_fastest_of_each_degree(monkeypatch, capsys):
    def eigenmodes(parameters, degrees):
        rates = np.array([[-1.0, 0.1 * degree] for degree in degrees])
        return xr.Dataset(
            {
                "growth_rate": (("degree", "mode"), rates, {"units": "yr-1"}),
                "frequency": (("degree", "mode"), 2 * rates, {"units": "yr-1"}),
            },
            coords={"degree": list(degrees)},
        )

    stand_in = types.ModuleType("spectralcmi.linear.eigenmodes")
    stand_in.eigenmodes = eigenmodes
    monkeypatch.setitem(sys.modules, "spectralcmi.linear.eigenmodes", stand_in)
    assert main(["eigenmodes", "--degrees", "2:6:2"]) == 0
    header, rows = table(capsys.readouterr().out)
    assert header == ["degree [1]", "growth_rate [yr-1]", "frequency [yr-1]"]
    np.testing.assert_allclose(rows, [[d, 0.1 * d, 0.2 * d] for d in (2, 4, 6)], rtol=1e-9)
    assert main(["eigenmodes", "--resolution.lmax", "3", "--output", "modes.nc"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert Path("modes.nc").exists()


def test_plot_saves_beside_the_dataset_or_where_it_is_told(folder, capsys):
    energy = ("time", [1.0, 2.0], {"units": "erg"})
    run = xr.Dataset(
        {"energy_poloidal": energy, "energy_toroidal": energy}, coords={"time": [0.0, 1.0]}
    )
    run.to_netcdf("run.nc", engine="h5netcdf")
    assert main(["plot", "run.nc", "energies"]) == 0
    assert main(["plot", "run.nc", "energies", "--output", "figures/two.pdf"]) == 0
    assert Path("run_energies.png").read_bytes().startswith(b"\x89PNG")
    assert Path("figures/two.pdf").read_bytes().startswith(b"%PDF")
    capsys.readouterr()
    assert main(["plot", "run.nc", "energies", "--output", "other/two.bmp3"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not Path("other").exists()


def test_options_of_plot_reach_the_figure(monkeypatch):
    from spectralcmi.view import plotting

    drawn = []

    def volume_slices(dataset, ax=None, times=None, longitude=0.0, stretch=None):
        drawn.append((times, longitude, stretch))
        return plotting.style.single_axes(ax)

    monkeypatch.setattr(plotting, "KINDS", {"volume_slices": volume_slices})
    xr.Dataset().to_netcdf("run.nc", engine="h5netcdf")
    assert main(["plot", "run.nc", "volume_slices"]) == 0
    options = ["--times", "100,200", "--longitude", "-30", "--stretch", "2", "--overwrite"]
    assert main(["plot", "run.nc", "volume_slices", *options]) == 0
    assert drawn == [(None, 0.0, None), ([100.0, 200.0], -30.0, 2.0)]


def test_a_movie_is_a_gif_unless_told(monkeypatch):
    from spectralcmi.view import plotting

    saved = []
    monkeypatch.setattr(
        plotting, "save_movie", lambda dataset, path, **options: saved.append((path.name, options))
    )
    xr.Dataset().to_netcdf("run.nc", engine="h5netcdf")
    assert main(["plot", "run.nc", "movie"]) == 0
    assert main(["plot", "run.nc", "movie", "--of", "surface", "--output", "new/field.mp4"]) == 0
    assert saved == [("run_movie.gif", {}), ("field.mp4", {"of": "surface"})]


# Case files


def test_a_new_case_runs(folder, solver, capsys):
    assert main(["new", "case.toml", "--time.end", "12", "--initial.kind", "random"]) == 0
    assert "spectralcmi run case.toml" in capsys.readouterr().err
    assert main(["run", "case.toml"]) == 0
    expected = Parameters().replace({"time.end": 12, "initial.kind": "random"})
    assert solver.parameters == [expected]


def test_a_new_case_replaces_nothing(folder, capsys):
    write("case.toml", "[time]\nend = 1\n")
    assert main(["new", "case.toml"]) == 2
    assert capsys.readouterr().err == "spectralcmi: case.toml: is there already\n"
    assert Path("case.toml").read_text() == "[time]\nend = 1\n"
    assert main(["new", "nowhere/case.toml"]) == 2
    assert "nowhere/case.toml: cannot be written: No such file" in capsys.readouterr().err
    assert main(["new", "other.toml", "--time.end", "-1"]) == 2
    assert content(folder) == ["case.toml"]


def test_keys_are_listed_on_stdout(capsys):
    assert main(["keys", "k5_max"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(
        "[chiral]\nchiral.k5_max = 600.0   [1/km]\n    cutoff of the chiral wavenumber"
    )
    assert err == ""
    assert main(["keys", "k6_max"]) == 2


# Help, and the package's own face


@pytest.mark.parametrize(
    "command", [[], ["new"], ["keys"], ["run"], ["star"], ["eigenmodes"], ["plot"], ["field"]]
)
def test_help_goes_to_stdout(command, capsys):
    assert main([*command, "--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: spectralcmi")
    assert err == ""


def test_help_of_plot_names_every_kind(capsys):
    from spectralcmi.cli import plot
    from spectralcmi.view.plotting import KINDS

    assert list(plot.KINDS) == [*KINDS, "movie"]
    main(["plot", "--help"])
    out = capsys.readouterr().out
    assert all(f"\n  {kind} " in out for kind in plot.KINDS)


def test_help_waits_for_nothing_heavy():
    code = (
        "import sys; from spectralcmi.cli import main; main(['--help']);"
        "print(sorted({'numpy', 'xarray', 'matplotlib', 'pydantic', 'shtns', 'numba'}"
        " & sys.modules.keys()))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment()
    )
    assert ended.stdout.splitlines()[-1] == "[]"


def test_the_version_is_the_packages(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"spectralcmi {spectralcmi.__version__}\n"


def test_functions_are_not_hidden_by_modules_of_their_names():
    import spectralcmi.linear.eigenmodes
    import spectralcmi.runs.resume
    import spectralcmi.scans.run
    import spectralcmi.view.field

    for name in ("eigenmodes", "field", "resume", "run", "scan"):
        assert callable(getattr(spectralcmi, name)), name


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        spectralcmi.nonsense  # noqa: B018
    assert spectralcmi.plot is importlib.import_module("spectralcmi.view.plotting")
    assert "run" in dir(spectralcmi)

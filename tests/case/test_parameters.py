"""Parameters: defaults, rules, changes, and errors of one line."""

import pickle
import tomllib
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from spectralcmi.case.case_file import load_parameters
from spectralcmi.case.files import require_files
from spectralcmi.case.parameters import ParameterError, Parameters, sections_with_key
from spectralcmi.case.resolution import DEFAULT_RADIAL_GRID, DEFAULT_RADIAL_ORDER
from spectralcmi.case.sections import (
    DEFAULT_METRIC,
    GourgouliatosCumming,
    Resolution,
    UniformShell,
)
from spectralcmi.case.text import toml
from spectralcmi.case.versions import (
    parameters_from_json,
)
from spectralcmi.errors import InputError

# the case file that the interface promises, key by key
PAPERS_CASE = f"""
[background]
kind = "neutron_star"
equation_of_state = "bsk24"
crust_core_density = "auto"
mass = 1.4
outer_density = 1e10
temperature = 1e9
temperature_profile = ""
cooling_history = ""
temperature_step = 0.05
impurity_parameter = 0.0
impurity_profile = ""
composition = "smooth"

[metric]
kind = {toml(DEFAULT_METRIC)}

[chiral]
enabled = true
delta_mu = 1e-2
delta_mu_file = ""
convention = "textbook"
k5_max = 600.0
cutoff = "smooth"
anomaly = true
spin_flip_prefactor = 1.0
weak_rate_prefactor = 1.0

[hall]
enabled = true
inertia = 0.0

[dissipation]
angular_rate = 10.0

[boundary]
inner = "perfect_conductor"
outer = "potential"

[initial]
kind = "dipole"
polar_field = 1e12

[spin]
period = 0.01
inclination = 60.0
torque = "force_free"

[resolution]
lmax = 60
mmax = 0
mres = 1
radial_grid = {toml(DEFAULT_RADIAL_GRID)}
element_order = 7
radial_order = {toml(DEFAULT_RADIAL_ORDER)}
map_parameter = "auto"
functions_per_wavelength = "auto"
dealiasing = 2

[thermal]
enabled = false
dimension = "radial"
lmax = 0
initial_temperature = 1e10
envelope = "ppp15"
accreted_mass = 0.0
neutron_gap = "sfb"
proton_gap = "none"
core = "cooling"
core_history = ""
spin_flip_heat = false
tolerance = 1e-3

[time]
end = 300.0
tolerance = 1e-6
step = 0.0
smallest_step = 1e-9
scheme = "ark3"
stop_when = ""
wall_limit = 0.0

[output]
series_interval = 1.0
snapshot_times = [0.0, 70.0, 100.0, 200.0, 300.0]
checkpoint_interval = 60.0
"""

SHELL = {
    "background.kind": "uniform_shell",
    "background.inner_radius": 0.75,
    "background.outer_radius": 1.0,
    "background.magnetic_diffusivity": 1.0,
}


ELEMENTS = {"resolution.radial_grid": [9.0, 9.25, 9.5, 10.0], "resolution.radial_order": "auto"}


def modes(*modes):
    return {"initial.kind": "modes", "initial.modes": list(modes)}


def error_of(**changes):
    with pytest.raises(ParameterError) as raised:
        Parameters().replace(**changes)
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_the_defaults_are_the_papers_case(tmp_path):
    case = tmp_path / "case.toml"
    case.write_text(PAPERS_CASE)
    assert load_parameters(case) == Parameters() == load_parameters()
    # a default that is not in the case above would go unnoticed by the line before
    stored = Parameters().model_dump(exclude={"initial": {"perturbation_amplitude",
                                                          "perturbation_seed"}})  # fmt: skip
    written = tomllib.loads(PAPERS_CASE)
    written["output"]["snapshot_times"] = tuple(written["output"]["snapshot_times"])
    assert stored == written


def test_every_key_says_what_it_means():
    sections = [type(getattr(Parameters(), name)) for name in Parameters.model_fields]
    for section in (*sections, UniformShell, GourgouliatosCumming):
        for name, field in section.model_fields.items():
            assert field.description, f"{section.__name__}.{name}"
            assert "unit" in field.json_schema_extra, f"{section.__name__}.{name}"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"resolution.mmax": 40, "resolution.lmax": 32},
            "resolution.mmax = 40: mmax=40 exceeds lmax=32",
        ),
        (
            {"output.series_interval": 1e-12},
            "output.series_interval = 1e-12: gives more than 1000000 times until time.end=300",
        ),
        (
            {"resolution.mmax": 5, "resolution.mres": 2},
            "resolution.mmax = 5: mmax=5 is not a multiple of mres=2",
        ),
        (
            {"resolution.radial_order": 2},
            'resolution.radial_order = 2: must be "auto" or an integer from 8 to 10000',
        ),
        (
            {"background.temperature": -1.0},
            "background.temperature = -1.0: must be greater than 0",
        ),
        ({"background.temperature": 1e-300}, "must not be below 1"),
        ({"chiral.delta_muu": 1}, "chiral.delta_muu = 1: unknown key (did you mean delta_mu?)"),
        ({"chirall.delta_mu": 1}, "chirall = {'delta_mu': 1}: unknown key (did you mean chiral?)"),
        ({"time.lmax": 60}, "time.lmax = 60: unknown key (there is resolution.lmax)"),
        ({"hall": True}, "hall = true: must be a table of keys"),
        ({"hall.enabled": 1}, "hall.enabled = 1: must be a valid boolean"),
        ({"resolution.lmax": 60.0}, "resolution.lmax = 60.0: must be a valid integer"),
        ({"time.end": "long"}, "time.end = 'long': must be a valid number"),
        ({"time.end": float("nan")}, "time.end = nan: must be a finite number"),
        ({"time.end.year": 1}, "time.end.year = 1: unknown key"),
        (
            {"time.scheme": "ars343"},
            "time.step = 0.0: scheme=ars343 estimates no error and needs step > 0",
        ),
        (
            {"background.temperature_profile": "T.csv", "background.cooling_history": "cool.txt"},
            "background.cooling_history = 'cool.txt': excludes temperature_profile='T.csv'",
        ),
        (
            {"background.crust_core_density": 0.08},
            "background.crust_core_density = 0.08: equation_of_state=bsk24 has its own",
        ),
        (
            {"background.equation_of_state": "sly4.csv", "background.crust_core_density": 0},
            'background.crust_core_density = 0: must be "auto" or a positive number',
        ),
        ({"background.equation_of_state": ""}, "background.equation_of_state = ''"),
        ({"background.equation_of_state": 24}, "background.equation_of_state = 24"),
        ({"background.temperature_step": 0.0}, "background.temperature_step = 0.0: must be great"),
        ({"background.temperature_step": 2.0}, "background.temperature_step = 2.0: must be less"),
        (
            {"background.kind": "gourgouliatos_cumming", "background.temperature": 0.0},
            "background.temperature = 0.0: must be greater than 0",
        ),
        (
            {"background.kind": "gourgouliatos_cumming", "background.mass": 1.4},
            "background.mass = 1.4: unknown key",
        ),
        ({"dissipation.angular_rate": -1}, "must be greater than or equal to 0"),
        ({"output.snapshot_times": [2, 1]}, "must increase, but 1 follows 2"),
        ({"output.snapshot_times": [-1]}, "output.snapshot_times[0] = -1: must be"),
        ({"output.snapshot_times": 3}, "output.snapshot_times = 3: must be a list"),
        ({"hall.kind": "x"}, "hall.kind = 'x': unknown key"),
        ({"hall.kind": []}, "hall.kind = []: unknown key"),
        ({"background.kind": []}, "background.kind = []: must be one of 'neutron_star', "),
        ({"initial.kind": {}}, "initial.kind = {}: must be one of 'dipole', "),
        (ELEMENTS | {"resolution.map_parameter": 0.5},
         'resolution.map_parameter = 0.5: belongs to radial_grid = "global"'),
        ({"resolution.radial_grid": "auto", "resolution.map_parameter": 0.0},
         'resolution.map_parameter = 0.0: belongs to radial_grid = "global"'),
        (ELEMENTS | {"resolution.radial_order": 20},
         "resolution.radial_order = 20: 3 elements of order 7 give 18 functions, elements x"),
        (ELEMENTS | {"resolution.element_order": 2},
         "resolution.element_order = 2: element_order too low for C1: must be at least 3"),
        (ELEMENTS | {"resolution.element_order": 7.0}, "element_order = 7.0: must be a valid int"),
        ({"resolution.radial_grid": "elements"},
         "radial_grid = 'elements': must be \"auto\", \"global\" or a list of breakpoints [km]"),
        ({"resolution.radial_grid": [9.0, "10"]}, '"global" or a list of breakpoints [km]'),
        ({"resolution.radial_grid": [9.0]}, "radial_grid = [9.0]: needs two breakpoints or more"),
        ({"resolution.radial_grid": [9.0, 10.0, 9.5]}, "must increase, but 9.5 follows 10"),
        ({"resolution.radial_grid": [9.0, 9.0]}, "must increase, but 9 follows 9"),
        ({"resolution.radial_grid": [-9.0, 9.0]}, "must be positive, but -9 is not"),
        ({"resolution.radial_grid": [9.0, float("inf")]}, "must be positive, but inf is not"),
        ({"resolution.radial_grid": range(1, 1669), "resolution.radial_order": "auto"},
         '"global" or a list of breakpoints [km]'),
        ({"resolution.radial_grid": list(range(1, 1669)), "resolution.radial_order": "auto"},
         "1667 elements of order 7 give 10002 functions, more than 10000"),
        ({"resolution.radial_order": "many"}, 'must be "auto" or an integer from 8 to 10000'),
        ({"resolution.radial_order": 20.0}, 'must be "auto" or an integer from 8 to 10000'),
        ({"resolution.radial_order": True}, 'must be "auto" or an integer from 8 to 10000'),
        ({"resolution.functions_per_wavelength": 0}, 'must be "auto" or a positive number'),
        ({"resolution.dealiasing": 4}, "resolution.dealiasing = 4: must be 3 or 2"),
        ({"resolution.map_parameter": 1}, 'must be "auto" or a number in [0, 1)'),
        ({"resolution.map_parameter": True}, 'must be "auto" or a number in [0, 1)'),
        ({"background.kind": "uniform_shell"}, "background.inner_radius: is required for kind"),
        (SHELL | {"background.inner_radius": 2}, "outer_radius=1 does not exceed inner_radius=2"),
        (SHELL | {"background.mass": 1.4}, "(there is background.mass of kind 'neutron_star')"),
        ({"background.kind": "star"}, "background.kind = 'star': must be one of 'neutron_star', "),
        ({"initial.polar_field": 0}, "initial.polar_field = 0: must not be zero"),
        (modes(), "initial.modes = []: must not be empty"),
        (modes({"degree": 2, "order": 3}), "initial.modes[0].order = 3: order=3 exceeds degree=2"),
        (modes({"degree": 1}, {"degree": 61}), "initial.modes[1].degree = 61: exceeds resolu"),
        (modes({"degree": 1, "order": 1}), "initial.modes[0].order = 1: exceeds resolution.mmax=0"),
        (
            modes({"degree": 3, "order": 3}) | {"resolution.mmax": 4, "resolution.mres": 2},
            "initial.modes[0].order = 3: is not a multiple of resolution.mres=2",
        ),
        (modes({"degree": 1, "ordr": 1}), "initial.modes[0].ordr = 1: unknown key (did you mean"),
        (
            {"initial.kind": "random", "resolution.lmax": 8},
            "initial.lmax = 10: exceeds resolution.lmax=8",
        ),
        ({"initial.kind": "random", "initial.lmin": 11}, "lmax=10 is below lmin=11"),
        ({"a\nb.c": 1}, "'a\\nb' = {'c': 1}: unknown key"),
        ({"time.end": 16**5000}, "time.end = <int>: must be a valid number"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_one_line_with_key_value_and_rule(changes, text):
    assert text in error_of(**changes)


def test_the_error_keeps_its_parts_on_the_way_to_a_worker():
    with pytest.raises(ParameterError) as raised:
        Parameters(resolution={"lmax": 0})
    copy = pickle.loads(pickle.dumps(raised.value))
    assert isinstance(copy, InputError)
    assert isinstance(copy, ValueError)
    assert (copy.key, copy.value) == ("resolution.lmax", 0)
    assert str(copy) == str(raised.value)


def test_replace_leaves_the_original_and_the_other_keys():
    original = Parameters()
    changed = original.replace({"hall.enabled": False}, **{"resolution.lmax": 90})
    assert original == Parameters()
    assert not changed.hall.enabled
    assert changed.resolution == Resolution(lmax=90)
    assert changed.replace(hall={"enabled": True}, resolution=Resolution()) == original


def test_a_new_kind_starts_its_section_afresh_whatever_the_order_of_keys():
    shell = Parameters().replace(**dict(reversed(SHELL.items())))
    assert shell.background == UniformShell(
        inner_radius=0.75, outer_radius=1.0, magnetic_diffusivity=1.0
    )
    assert shell.replace(**{"background.kind": "neutron_star"}) == Parameters()
    # the same kind again is no change of kind
    assert shell.replace(**{"background.kind": "uniform_shell"}) == shell


def test_snapshots_later_than_the_end_are_not_taken():
    parameters = Parameters().replace(**{"time.end": 100})
    assert parameters.snapshot_times() == (0.0, 70.0, 100.0)
    assert parameters.output == Parameters().output


def test_parameters_cannot_be_changed_in_place():
    with pytest.raises(ValidationError):
        Parameters().time.end = 10.0


def test_missing_files_are_named():
    parameters = Parameters().replace(**{"background.kind": "table", "background.file": "none.nc"})
    with pytest.raises(ParameterError, match=r"^background.file = 'none.nc': no such file$"):
        require_files(parameters)
    require_files(Parameters())


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("temperature_profile", "no such file"),
        ("cooling_history", "no such file"),
        ("equation_of_state", "neither bsk24 nor a file or folder that exists"),
    ],
)
def test_files_of_the_star_are_looked_for_before_a_run(tmp_path, key, text):
    missing = Parameters().replace({f"background.{key}": "none.csv"})
    with pytest.raises(ParameterError) as raised:
        require_files(missing)
    assert str(raised.value) == f"background.{key} = 'none.csv': {text}"
    there = tmp_path / "there.csv"
    there.touch()
    require_files(missing.replace({f"background.{key}": str(there)}))
    folder = missing.replace({f"background.{key}": str(tmp_path)})
    if key == "equation_of_state":
        require_files(folder)  # three files as CompOSE gives them
    else:
        with pytest.raises(ParameterError, match="no such file"):
            require_files(folder)


def test_files_are_named_by_their_keys():
    assert Parameters().background.files() == {}
    changes = {"background.equation_of_state": "eos", "background.cooling_history": "cool.txt"}
    files = Parameters().replace(changes).background.files()
    assert files == {"equation_of_state": "eos", "cooling_history": "cool.txt"}
    table = Parameters().replace({"background.kind": "table", "background.file": "crust.nc"})
    assert table.background.files() == {"file": "crust.nc"}


def test_fingerprints_differ_when_any_key_does():
    changes = [{}, {"time.end": 301}, {"hall.enabled": False}, SHELL, modes({"degree": 1})]
    assert len({Parameters().replace(**change).fingerprint() for change in changes}) == 5


# The radial grid


def resolution(**changes):
    return Parameters().replace({f"resolution.{k}": v for k, v in changes.items()}).resolution


@pytest.mark.parametrize(
    ("changes", "is_global", "elements", "functions"),
    [
        ({"radial_grid": "global", "radial_order": "auto"}, True, 1, 192),
        ({"radial_grid": "global", "radial_order": 24}, True, 1, 24),
        ({"radial_grid": "auto", "radial_order": "auto"}, False, None, None),
        ({"radial_grid": "auto", "radial_order": 24}, False, None, None),  # it scales the rule
        ({"radial_grid": [9, 9.5, 10], "radial_order": "auto"}, False, 2, 12),
        ({"radial_grid": [9, 9.5, 10], "radial_order": 12}, False, 2, 12),
        ({"radial_grid": [9, 10], "radial_order": 8, "element_order": 9}, False, 1, 8),
    ],
)
def test_a_resolution_knows_its_functions_where_the_star_does_not_decide(
    changes, is_global, elements, functions
):
    grid = resolution(**changes)
    assert (grid.is_global, grid.elements, grid.radial_functions) == (
        is_global, elements, functions,
    )  # fmt: skip


def test_breakpoints_written_as_integers_are_the_same_case():
    whole, real = ({"radial_grid": grid, "radial_order": "auto"} for grid in ([9, 10], [9.0, 10.0]))
    assert resolution(**whole).model_dump_json() == resolution(**real).model_dump_json()


# What scripts compute with


def test_numbers_and_arrays_of_numpy_and_paths_are_taken():
    changes = {
        "resolution.lmax": np.int64(30),
        "resolution.radial_grid": np.array([9, 9.5, 10]),
        "resolution.radial_order": np.int32(12),
        "time.end": np.float64(50.0),
        "time.tolerance": np.float32(0.5),
        "hall.enabled": np.bool_(False),
        "background.equation_of_state": Path("eos") / "sly4.csv",
        "output.snapshot_times": np.arange(3),
    }
    parameters = Parameters().replace(changes)
    assert parameters.resolution.lmax == 30
    assert parameters.resolution.radial_grid == (9.0, 9.5, 10.0)
    assert parameters.time.tolerance == 0.5
    assert parameters.hall.enabled is False
    assert parameters.background.equation_of_state == str(Path("eos", "sly4.csv"))
    assert parameters.output.snapshot_times == (0.0, 1.0, 2.0)
    # nothing of NumPy's stays: the case can be stored
    assert parameters_from_json(parameters.to_json()) == parameters
    assert Resolution(lmax=np.int64(30)) == Resolution(lmax=30)
    assert modes_of({"degree": np.int64(2), "amplitude": np.float64(1e13)}) == [(2, 1e13)]
    assert "must be a valid integer" in error_of(**{"resolution.lmax": np.float64(30.0)})
    assert "must be a finite number" in error_of(**{"time.end": np.float64("nan")})


def modes_of(*given):
    initial = Parameters().replace(**modes(*given)).initial
    return [(mode.degree, mode.amplitude) for mode in initial.modes]


def test_sections_of_a_key_begin_with_those_of_every_case():
    assert sections_with_key("lmax") == ["resolution", "thermal", "initial"]
    assert sections_with_key("temperature") == ["background"]
    assert sections_with_key("nonsense") == []

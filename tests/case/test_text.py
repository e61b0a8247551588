"""Case files explained: nothing is left out, and what is written is read back."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.case.case_file import load_parameters
from spectralcmi.case.files import with_absolute_files
from spectralcmi.case.parameters import Parameters, has_kinds, section_classes
from spectralcmi.case.text import case_keys, commented_case, key_table, toml
from spectralcmi.errors import InputError

CASES = [
    {},
    {"background.kind": "uniform_shell", "background.inner_radius": 9.0,
     "background.outer_radius": 10.0, "background.magnetic_diffusivity": 1e-6},
    {"background.kind": "table", "background.file": 'a "quoted" \\ name.nc'},
    {"background.kind": "gourgouliatos_cumming"},
    {"initial.kind": "modes", "initial.modes": [{"degree": 2}, {"degree": 1, "amplitude": -3e13}]},
    {"initial.kind": "random", "initial.slope": -5 / 3},
    {"initial.kind": "file", "initial.file": "run.nc"},
    {"resolution.radial_grid": [9.0, 9.1, 10.0], "resolution.radial_order": "auto"},
    {"resolution.radial_grid": "auto", "resolution.radial_order": "auto",
     "resolution.functions_per_wavelength": 24.0, "resolution.dealiasing": 2},
    {"hall.enabled": False, "time.step": 0.1 + 0.2, "output.snapshot_times": []},
]  # fmt: skip


@pytest.mark.parametrize("changes", CASES)
def test_a_written_case_is_read_as_the_same_parameters(changes, tmp_path):
    parameters = Parameters().replace(changes)
    (tmp_path / "case.toml").write_text(commented_case(parameters), encoding="utf-8")
    # the same files, from whatever folder
    assert load_parameters(tmp_path / "case.toml") == with_absolute_files(parameters)


def test_every_key_of_every_kind_is_listed_with_default_unit_and_meaning():
    keys = {(key.name, key.kind): key for key in case_keys()}
    for section in Parameters.model_fields:
        for kind, cls in section_classes(section).items():
            for name, info in cls.model_fields.items():
                key = keys[f"{section}.{name}", kind if has_kinds(section) else ""]
                assert key.meaning == info.description
                assert (key.default is None) == info.is_required()
    assert keys["time.end", ""].unit == "yr"
    assert keys["resolution.lmax", ""].unit == ""  # a pure number
    assert keys["initial.modes[].degree", "modes"].default is None
    # the whole of it: another definition has to appear here by itself
    assert all(key.meaning for key in keys.values())


def test_rules_are_told():
    rules = {key.name: key.rule for key in case_keys()}
    assert rules["chiral.cutoff"] == '"smooth" or "hard"'
    assert rules["time.tolerance"] == "above 0, below 1"
    assert rules["resolution.lmax"] == "at least 1, at most 10000"
    assert rules["resolution.dealiasing"] == "3 or 2"
    assert rules["hall.enabled"] == ""


def test_the_written_case_explains_every_key():
    text = commented_case(Parameters())
    words = " ".join(line.lstrip("# ") for line in text.splitlines())
    for key in case_keys():
        assert " ".join(key.meaning.split()) in words, key.name
    # the other kinds are comments, the chosen ones are keys
    data = tomllib.loads(text)
    assert data.keys() == Parameters.model_fields.keys()
    assert data["background"]["kind"] == "neutron_star"
    assert "inner_radius" not in data["background"]
    assert max(map(len, text.splitlines())) <= 100


def test_the_table_can_be_searched():
    text = key_table(["resolution"])
    assert text.startswith("[resolution]\nresolution.lmax = 60\n    highest degree")
    assert "[chiral]" not in text
    assert key_table(["delta_mu"]).startswith("[chiral]\nchiral.delta_mu = 0.01   [k_B T]\n")
    whole = key_table()
    assert '[initial]   where kind = "random"' in whole
    assert "background.inner_radius = required   [km]\n    inner radius; above 0" in whole
    with pytest.raises(InputError, match="no key of the case file is named like delta_muu"):
        key_table(["delta_muu"])


values = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(values)
def test_values_are_written_as_toml_reads_them(value):
    read = tomllib.loads(f"value = {toml(value)}")["value"]
    assert read == value
    assert type(read) is type(value)

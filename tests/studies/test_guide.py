"""The guide: what is generated follows the code, and what it names exists."""

from __future__ import annotations

import importlib.util
import pkgutil
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import spectralcmi as cmi
from spectralcmi.case.case_file import load_parameters
from spectralcmi.case.text import case_keys
from tests.studies.conftest import FOLDER

GUIDE = FOLDER / "guide"
PAGES = sorted(GUIDE.rglob("*.md"))


def load(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"guide_{name}", GUIDE / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    return load("tables")


@pytest.fixture(scope="module")
def docstrings() -> ModuleType:
    return load("docstrings")


def rows(text: str) -> list[list[str]]:
    """Cells of the lines of Markdown's tables."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [re.split(r"(?<!\\) \| ", line[2:-2]) for line in lines]


def test_every_key_has_a_row(tables):
    text = tables.parameters()
    assert {len(row) for row in rows(text)} == {4}
    for key in case_keys():
        assert f"| `{key.name.partition('.')[2]}` |" in text
    assert "| `lmax` | `60` |" in text
    assert '### background, kind = "uniform_shell"' in text


def test_every_variable_has_a_row(tables):
    text = tables.variables()
    assert {len(row) for row in rows(text)} == {4}
    first = {row[0] for row in rows(text)}
    assert {"`time`", "`energy_poloidal`", "`T_core`"} <= first
    warm = text.index("## Where the temperature is evolved")
    assert text.index("`rms_field`") < warm < text.index("`T_core`")
    assert re.search(r"\| `rms_field` \| time \| \w+ \| root mean square", text)


def test_cells_are_text_and_no_marks(tables):
    assert tables._row("`a*b`", "|x|, a_b <c>") == r"| `a*b` | \|x\|, a\_b \<c> |"


def test_every_room_and_module_has_a_page(tables):
    named = re.findall(r"\{\{ modules (.*) \}\}", "".join(p.read_text() for p in PAGES))
    shown = {name for names in named for name in names.split()}
    rooms = {module.name for module in pkgutil.iter_modules(cmi.__path__) if module.ispkg}
    assert shown == rooms - {"cli"} | {"build", "model"}  # the command line is no library
    assert "automodule:: spectralcmi.constants\n" in tables.other_modules()
    text = tables.modules(["terms", "model"])
    assert ".. automodule:: spectralcmi.terms.hall\n   :members:" in text
    assert ".. automodule:: spectralcmi.model\n   :members:" in text


def test_every_public_name_has_an_entry(tables):
    text = tables.public_names(cmi)
    assert ".. autofunction:: spectralcmi.run\n" in text
    assert ".. autoclass:: spectralcmi.Parameters\n   :members:" in text
    missing = [name for name in cmi.__all__ if f"spectralcmi.{name}\n" not in text]
    assert missing == ["__version__", "plot"]  # a text, and a module with a page of its own
    assert ".. autofunction:: spectralcmi.view.plotting.layer\n" in tables.public_names(cmi.plot)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_links_to_is_there(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_keys_that_a_page_names_exist(page):
    known = {key.name for key in case_keys()}
    sections = {name.partition(".")[0] for name in known} | {"scan"}
    for name in re.findall(r"`(\w+\.\w+)(?: = [^`]*)?`", page.read_text()):
        if name.partition(".")[0] in sections - {"scan"} and not name.endswith((".md", ".py")):
            assert name in known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_public_names_that_a_page_uses_exist(page):
    for name in re.findall(r"(?<![a-z])cmi\.((?:plot\.)?\w+)", page.read_text()):
        of_plot = name.startswith("plot.")
        owner = cmi.plot if of_plot else cmi
        assert hasattr(owner, name.removeprefix("plot.")), name


def test_the_case_file_of_the_guide_is_one(tmp_path):
    text = (GUIDE / "command_line.md").read_text()
    (case,) = re.findall(r"```toml\n(.*?)```", text, re.S)
    path = tmp_path / "case.toml"
    path.write_text(case)
    assert load_parameters(path).resolution.lmax == tomllib.loads(case)["resolution"]["lmax"]


#: What makes the examples of the pages smaller, and leaves out what needs an extra.
SMALLER = {
    '"resolution.lmax": 40, "time.end": 60.0': "**small",
    '"time.end": 80.0': '"time.end": 5.0',
    "range(1, 11)": "[1]",
    "year=60.0": "year=3.0",
    "cmi.save_vtk(": "print(",
    'run.nc", diagnostics': 'own.nc", diagnostics',
}


@pytest.mark.slow
def test_the_examples_in_python_run_as_printed(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    small = {"resolution.lmax": 4, "time.end": 4.0, "output.snapshot_times": [0.0, 3.0]}
    Path("case.toml").write_text("[resolution]\nlmax = 4\n\n[time]\nend = 4.0\n")
    names = {"small": small}
    for page in ("python", "extending"):
        for code in re.findall(r"```python\n(.*?)```", (GUIDE / f"{page}.md").read_text(), re.S):
            for printed, instead in SMALLER.items():
                code = code.replace(printed, instead)
            exec(compile(code, page, "exec"), names)
    assert names["dataset"]["toroidal_square"].dims == ("time", "radius")


def test_every_page_is_in_the_contents():
    contents = (GUIDE / "contents.md").read_text()
    listed = set(re.findall(r"/studies/(?:guide|tutorials)/([\w/]+)", contents))
    tutorials = {page.stem for page in (FOLDER / "tutorials").glob("*.py")}
    pages = {page.stem for page in GUIDE.glob("*.md")} - {"contents"}
    assert listed == pages | tutorials | {"reference/index"}
    index = (GUIDE / "reference/index.md").read_text()
    rooms = {page.stem for page in (GUIDE / "reference").glob("*.md")} - {"index"}
    assert rooms == set(re.findall(r"^(\w+)$", index, re.M)) - {"toctree"}


def test_formulas_stay_as_they_are_typed(docstrings):
    text = ["Growth of |B|.", "", "    x = y", "      + z", "", "as *before* `|a|`, f(*a)."]
    assert docstrings.restructured(text) == [
        r"Growth of \|B\|.", "", "", "::", "", "    x = y", "      + z", "", "",
        r"as *before* `|a|`, f(\*a).",
    ]  # fmt: skip


def test_descriptions_are_no_formulas(docstrings):
    text = ["Parameters", "----------", "x : float", "    Of |x|.", "", "Notes", "-----", "    y"]
    assert docstrings.restructured(text) == [
        *text[:3], r"    Of \|x\|.", *text[4:7], "", "::", "", "    y",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", [["As in::", "", "    x"], ["- one", "  and on", "", "  its own", ".. [1] A", "   b"]]
)
def test_literal_blocks_and_items_are_left(text, docstrings):
    assert docstrings.restructured(text) == text


def test_sections_of_modules_are_rubrics(docstrings):
    text = ["Neutrinos.", "", "References", "----------", "Yakovlev (2001)."]
    assert docstrings.restructured(text, of_module=True) == [
        "Neutrinos.", "", ".. rubric:: References", "", "Yakovlev (2001).",
    ]  # fmt: skip

"""Settings of the documentation: `make docs` builds it into build/docs.

The root of the sources is the project's own, so that README.md and studies/README.md are pages as
they are, with their links and figures.
"""

from __future__ import annotations

import inspect
import multiprocessing
import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import GenericAlias
from typing import TYPE_CHECKING

# Compiled functions have neither signature nor docstring: here they are plain ones. Read by Numba
# as it is imported, and withdrawn before the pages' own processes start, which compute.
os.environ["NUMBA_DISABLE_JIT"] = "1"
import numba  # noqa: F401

del os.environ["NUMBA_DISABLE_JIT"]

sys.path.insert(0, str(Path(__file__).parent))

import docstrings
import tables

import spectralcmi

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "spectralcmi"
author = "The spectralcmi authors"
version = release = spectralcmi.__version__

root_doc = "README"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "studies/*.md",
    "studies/guide/**",
    "studies/tutorials/*.py",
]
exclude_patterns = [
    ".*",
    "build",
    "dist",
    "runs",
    "spectralcmi*",
    "tests",
    "**/guide/*.py",
    "**/contents.md",
]
extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_nb"]

myst_heading_anchors = 3
nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300  # s a cell
nb_output_stderr = "remove"  # bars

default_role = "py:obj"
highlight_language = "text"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # docstrings have them
numpydoc_show_class_members = False

html_theme = "furo"
html_title = f"spectralcmi {release}"
html_extra_path = ["index.html"]
html_theme_options = {
    f"{shade}_css_variables": {"code-font-size": "75%"} for shade in ("light", "dark")
}
html_show_copyright = False
html_show_sphinx = False

#: What is generated, by what stands for it in a page.
GENERATED: dict[str, Callable[[], str]] = {
    "{{ parameters }}": tables.parameters,
    "{{ variables }}": lambda: computed(tables.variables),
    "{{ names }}": lambda: tables.public_names(spectralcmi),
    "{{ other modules }}": tables.other_modules,
    "{{ plots }}": lambda: tables.public_names(spectralcmi.plot),
}
#: Link to a script that is no page, which is given as the file that it is.
SCRIPT = re.compile(r"\]\(((?!http)(?!\S*tutorials/)\S+\.py)\)")
MODULES = re.compile(r"\{\{ modules (.*) \}\}")
#: What is in the margin of each page; it hangs on the front page, which others read as it is.
CONTENTS = Path(__file__).with_name("contents.md")


def computed(generate: Callable[[], str]) -> str:
    """What a function returns in a process with compiled functions."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(generate).result()


def restructure(
    application: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """Make a docstring one that numpydoc and Sphinx show as it is meant."""
    lines[:] = docstrings.restructured(lines, of_module=what == "module")


def skip(
    application: Sphinx, what: str, name: str, value: object, skipped: bool, options: object
) -> bool:
    """Leave out aliases of types, members of tuples, and what other packages define."""
    defined = inspect.isclass(value) or inspect.isroutine(value)
    foreign = what == "module" and defined and project not in str(value.__module__)
    unsaid = str(inspect.getdoc(value)).startswith("Alias for field number")
    return skipped or isinstance(value, GenericAlias) or foreign or unsaid


def shorten(
    application: Sphinx, what: str, name: str, value: object, options: object,
    signature: str | None, returned: str | None,
) -> tuple[str, None] | None:  # fmt: skip
    """Give sections of parameters no signature, which would have all keys."""
    return ("(**keys)", None) if what == "class" and hasattr(value, "model_fields") else None


def fill(application: Sphinx, page: str, source: list[str]) -> None:
    """Put what is generated into a page, and the contents under the front page."""
    for mark, generate in GENERATED.items():
        if mark in source[0]:
            source[0] = source[0].replace(mark, generate())
    source[0] = SCRIPT.sub(r"](path:\1)", source[0])
    source[0] = MODULES.sub(lambda found: tables.modules(found[1].split()), source[0])
    if page == root_doc:
        source[0] += CONTENTS.read_text(encoding="utf-8")


def setup(application: Sphinx) -> None:
    """Connect to Sphinx."""
    application.connect("source-read", fill)
    application.connect("autodoc-skip-member", skip)
    application.connect("autodoc-process-signature", shorten)
    application.connect("autodoc-process-docstring", restructure, priority=400)  # before numpydoc

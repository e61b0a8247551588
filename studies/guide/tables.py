"""Pages of the guide that follow the code: the front page, the keys, the variables, the modules."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from types import ModuleType

import xarray as xr

import spectralcmi as cmi
from spectralcmi.case.text import Key, case_keys, toml

#: Modules beside the rooms that have a page, or need none.
OWN_PAGE = ("__main__", "build", "model")
#: The smallest case that has a given variable.
SMALL = {
    "resolution.lmax": 2,
    "resolution.functions_per_wavelength": 2.0,
    "time.end": 1.0,
    "output.snapshot_times": [0.0],
}
#: What a run measures in addition where it follows the temperature.
WARM = {"thermal.enabled": True, "time.end": 1e-3, "output.series_interval": 1e-3}


def parameters() -> str:
    """Every key of the case file: a heading for each section, a table for each of its kinds."""
    return "\n".join(_sections())


def _sections() -> Iterator[str]:
    for section, keys in groupby(case_keys(), lambda key: key.name.partition(".")[0]):
        yield f"\n## {section}\n"
        for kind, own in groupby(keys, lambda key: key.kind):
            if kind:
                yield f'\n### {section}, kind = "{kind}"\n'
            yield "| Key | Default | Unit | Meaning |\n| --- | --- | --- | --- |"
            yield from map(_key_row, own)


def _key_row(key: Key) -> str:
    name = key.name.partition(".")[2]
    default = "required" if key.default is None else f"`{toml(key.default)}`"
    return _row(f"`{name}`", default, key.unit, key.explanation)


def variables() -> str:
    """Every variable of a run's dataset, with its dimensions and unit, from a run."""
    plain = cmi.run(cmi.Parameters().replace(SMALL), progress=False)
    warm = cmi.run(cmi.Parameters().replace(SMALL | WARM), progress=False)
    added = warm.drop_vars(set(plain.variables) & set(warm.variables))
    return "\n".join(
        [
            "\n## Coordinates\n",
            *_variable_table(plain.coords),
            "\n## Variables of every run\n",
            *_variable_table(plain.data_vars),
            "\n## Where the temperature is evolved\n",
            *_variable_table({**added.coords, **added.data_vars}),
            "\n## Attributes\n",
            ", ".join(f"`{name}`" for name in plain.attrs),
        ]
    )


def _variable_table(variables: Mapping[str, xr.DataArray]) -> Iterator[str]:
    yield "| Name | Dimensions | Unit | Meaning |\n| --- | --- | --- | --- |"
    for name, variable in variables.items():
        attributes = variable.attrs
        yield _row(
            f"`{name}`",
            ", ".join(map(str, variable.dims)),
            attributes.get("units", ""),
            attributes.get("long_name", ""),
        )


def _row(*cells: str) -> str:
    """Row of a table: lines and what Markdown would take for marks are escaped, code is not."""
    return "| " + " | ".join(map(_escaped, cells)) + " |"


def _escaped(cell: str) -> str:
    text = " ".join(cell.split()).replace("|", r"\|")
    return text if text.startswith("`") else re.sub(r"([*_<\[{$])", r"\\\1", text)


def modules(names: Iterable[str]) -> str:
    """What modules of the package document; of a room, all that are in it."""
    return "\n".join(
        _automodule(module)
        for name in names
        for module in _with_what_is_inside(importlib.import_module(f"spectralcmi.{name}"))
    )


def other_modules() -> str:
    """The same of modules that are in no room and have no page."""
    found = pkgutil.iter_modules(cmi.__path__)
    return modules(one.name for one in found if not one.ispkg and one.name not in OWN_PAGE)


def _with_what_is_inside(module: ModuleType) -> list[ModuleType]:
    paths = getattr(module, "__path__", ())
    found = pkgutil.walk_packages(paths, f"{module.__name__}.")
    names = sorted(one.name for one in found if not one.name.endswith("__main__"))
    return [module, *map(importlib.import_module, names)]


def _automodule(module: ModuleType) -> str:
    # what a package shows is defined in its modules
    members = "" if hasattr(module, "__path__") else "   :members:\n"
    directive = f".. automodule:: {module.__name__}\n{members}"
    return f"\n## {module.__name__}\n\n```{{eval-rst}}\n{directive}```\n"


def public_names(module: ModuleType) -> str:
    """Functions and classes that a module shows in `__all__`, one entry a name."""
    shown = {name: getattr(module, name) for name in module.__all__}
    entries = [
        f".. {'autoclass' if isinstance(value, type) else 'autofunction'}:: "
        f"{module.__name__}.{name}\n   {':members:' if isinstance(value, type) else ''}\n"
        for name, value in shown.items()
        if callable(value)
    ]
    return "```{eval-rst}\n" + "\n".join(entries) + "```\n"

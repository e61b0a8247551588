"""Damaged and odd inputs for every reader of the package, by the commands that read them."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spectralcmi.cli import main
from tests.campaign import damaged_cases, damages
from tests.campaign.attempts import attempt, contents, fresh
from tests.campaign.cases import UNIFORM, numbers, require, run, silence
from tests.campaign.damages import ANY, EITHER, REFUSED, SAME, UNKNOWN

CASE = UNIFORM.replace("end = 5.0", "end = 0.05")
#: What is left of a case may be a long one, such as the default [h].
BOUNDED = ("--time.wall_limit", "0.005")
#: Numbers this close are the same: where the last bit of a table differs after a change of units,
#: the structure of a star, which is solved step by step, differs by 1e-7, some ratios by 1e-6.
RELATIVE = 1e-5


@dataclass(frozen=True)
class Reader:
    """A command that reads a file.

    Parameters
    ----------
    name : str
    weight : int
        Attempts of all.
    file : str
        What is damaged, in the folder `inputs` of an attempt.
    damage : callable
        (content, random numbers) -> content or None, what is owed, name of the damage.
    command : callable
        Folder of an attempt -> arguments.
    result : callable
        (what was printed, folder) -> numbers by name.
    wrapped : callable
        What is called in place of `main`.
    """

    name: str
    weight: int
    file: str
    damage: Callable
    command: Callable[[Path], list]
    result: Callable
    wrapped: Callable = main
    others: tuple[str, ...] = field(default=())


def inputs(number, folder, tally, rng, library):
    """So many damaged inputs, spread over the readers."""
    originals = fresh(folder / "originals")
    _write_originals(originals)
    readers = _readers()
    expected = {reader.name: _expected(reader, originals, folder) for reader in readers}
    total = sum(reader.weight for reader in readers)
    before = contents(originals)
    # of each its part, and one at least, in any order
    tries = [max(1, round(number * reader.weight / total)) for reader in readers]
    for i in rng.permutation(np.repeat(np.arange(len(readers)), tries)):
        if not tally.wants(sum(tries)):
            break
        _try(readers[i], originals, folder / "attempt", expected[readers[i].name], tally, rng)
    assert contents(originals) == before


def _expected(reader, originals, folder):
    """What the file says that nothing has happened to; this process is then warm."""
    place = _place(reader, originals, folder / "attempt")
    arguments = [str(one) for one in reader.command(place)]
    for _ in range(2):  # the second life finds compiled kernels
        result = attempt(lambda: reader.wrapped(arguments), place)
        assert result.code == 0, f"{reader.name}: {result.code} {result.stderr}"
        found = reader.result(result.stdout, place)
        _clean(place)
    assert found, reader.name
    _warm(reader, arguments, place)
    return found


def _warm(reader, arguments, place):
    """Load in this process what the children then have."""
    with silence():
        assert reader.wrapped(arguments) == 0


def _place(reader, originals, place):
    fresh(place)
    (place / "outputs").mkdir()
    (place / "inputs").mkdir()
    for name in {Path(reader.file).parts[0], *reader.others}:
        copy = shutil.copytree if (originals / name).is_dir() else shutil.copy
        copy(originals / name, place / "inputs" / name)
    return place


def _clean(place):
    fresh(place / "outputs")


def _try(reader, originals, place, expected, tally, rng):
    """One damage, and what came of it."""
    _place(reader, originals, place)
    target = place / "inputs" / reader.file
    owed, what = _damage(reader, target, rng)
    before = contents(place / "inputs")
    arguments = [str(one) for one in reader.command(place)]
    result = attempt(lambda: reader.wrapped(arguments), place)
    wrong = set()
    if contents(place / "inputs") != before or {p.name for p in place.iterdir()} > {
        "inputs",
        "outputs",
    }:
        wrong.add("changed")
    if result.code == 0 and not _is_allowed(reader, result, place, expected, owed):
        wrong.add("numbers")
    if result.code == 2 and (owed == SAME or result.stderr.count("\n") != 1):
        wrong.add("numbers" if owed == SAME else "traceback")
    tally.count(result, wrong, f"{reader.name}: {what}, {owed}")
    kept = place.with_name(f"kept-{len(tally.findings)}")
    if wrong | result.wrong and not kept.exists():
        shutil.copytree(place / "inputs", kept, symlinks=True, ignore=_unending)


def _unending(folder, names):
    """What can't be copied."""
    paths = (Path(folder, name) for name in names)
    return [path.name for path in paths if not path.is_dir() and (
        not path.is_file() or path.stat().st_size > 1e8)]  # fmt: skip


def _damage(reader, target, rng):
    """Damage a file; what is owed to it, and what was done."""
    if rng.random() < 0.05:
        put = damages.PLACES[rng.integers(len(damages.PLACES))]
        target.unlink()
        put(target)
        return REFUSED, f"{put.__name__} in its place"
    content = target.read_bytes()
    while True:
        changed, owed, what = reader.damage(content, rng)
        if changed != content:
            target.write_bytes(changed)
            return owed, what


def _is_allowed(reader, result, place, expected, owed):
    """Whether a file may be accepted with these numbers."""
    if owed == REFUSED:
        return False
    if owed == UNKNOWN:
        return True
    found = reader.result(result.stdout, place)
    if owed == ANY:
        return _holes(found) <= _holes(expected)
    return found.keys() == expected.keys() and all(
        _is_same(found[name], expected[name]) for name in expected
    )


def _holes(found):
    """Names of numbers that are none; a wavelength may be infinite."""
    return {
        name for name, values in found.items()
        if isinstance(values, np.ndarray) and values.dtype.kind == "f"
        and np.isnan(values).any()
    }  # fmt: skip


def _is_same(one, other):
    if isinstance(one, np.ndarray) and one.dtype.kind == "f":
        return one.shape == other.shape and np.allclose(
            one, other, rtol=RELATIVE, atol=0, equal_nan=True
        )
    return np.array_equal(one, other)


# Damages of each kind of file


def _of_text(equal, broken):
    """Damage of a text: 30 in 100 say the same, 40 are broken, the others have other bytes."""

    def damage(content, rng):
        draw, text = rng.random(), content.decode()
        if draw < 0.3:
            change, owed = equal[rng.integers(len(equal))]
        elif draw < 0.7:
            change, owed = broken[rng.integers(len(broken))], REFUSED
        else:
            change = damages.BYTES[rng.integers(len(damages.BYTES))]
            return change(content, rng), ANY, change.__name__
        return change(text, rng).encode(), owed, change.__name__

    return damage


def _of_table(*columns):
    """Damage of a table of which some columns are needed."""

    def of(change):
        def damage(text, rng):
            return damages.damaged_table(change, text, columns, rng)

        damage.__name__ = change.__name__
        return damage

    equal = [(change, SAME) for change in damages.EQUAL]
    equal += [(of(change), owed) for change, owed in damages.EQUAL_TABLES.items()]
    return _of_text(equal, [of(change) for change in damages.BROKEN_TABLES])


def _of_case(content, rng):
    equal = [(change, SAME) for change in damages.EQUAL]
    equal += [(damaged_cases.other_numbers, SAME), (damaged_cases.inline_tables, SAME)]
    return _of_text(equal, damaged_cases.BROKEN_CASES)(content, rng)


def _of_compose(content, rng):
    equal = [(damages.fortran, SAME), (damages.carriage_returns, SAME), (damages.empty_lines, SAME)]
    either = (damages.bad_token, damages.lost_line, damages.doubled_line)
    if rng.random() < 0.3:
        change = either[rng.integers(len(either))]
        return change(content.decode(), rng).encode(), EITHER, change.__name__
    return _of_text(equal, (damages.no_lines,))(content, rng)


def _of_netcdf(content, rng):
    """A file with a checksum is refused, or says the same."""
    change = damages.BYTES[rng.integers(len(damages.BYTES))]
    return change(content, rng), EITHER, change.__name__


def _of_netcdf_without_checksum(content, rng):
    """As another program writes it: what it should say is not known."""
    change = damages.BYTES[rng.integers(len(damages.BYTES))]
    return change(damages.without_checksum(content), rng), UNKNOWN, change.__name__


# The readers


def _readers():
    star = ["star", "{}/inputs/star.toml"]
    table = ["star", "--background.kind", "table", "--metric.kind", "flat", "--background.file"]
    return [
        Reader("case file", 900, "case.toml", _of_case, _run("case.toml", *BOUNDED), _of_run),
        Reader("scan file", 500, "scan.toml", _of_case, _words("scan", "{}/inputs/scan.toml",
               "--output", "{}/outputs/scan.nc"), _of_plan, _planned),
        *(
            Reader(
                name, weight, file, _of_table(*columns),
                _words(*star, f"--{key}", "{}/inputs/" + file, *more), _of_csv,
                others=("star.toml",),
            )
            for name, weight, key, file, columns, more in (
                ("temperature profile", 400, "background.temperature_profile", "profile.csv",
                 (0, 1), ()),
                ("cooling history", 400, "background.cooling_history", "cooling.csv", (0, 1),
                 ("--age", "40")),
                ("impurity profile", 350, "background.impurity_profile", "impurities.csv", (0, 1),
                 ()),
                ("equation of state", 400, "background.equation_of_state", "eos.csv", (0, 1, 2),
                 ("--metric.kind", "flat")),
                ("deviation", 350, "chiral.delta_mu_file", "deviation.csv", (0, 1), ()),
            )
        ),
        *(
            Reader(
                f"CompOSE {file}", 130, f"compose/{file}", _of_compose,
                _words(*star, "--background.equation_of_state", "{}/inputs/compose"), _of_csv,
                others=("star.toml",),
            )
            for file in ("eos.nb", "eos.thermo", "eos.compo")
        ),
        Reader("netCDF table", 300, "crust.nc", _of_netcdf,
               _words(*table, "{}/inputs/crust.nc"), _of_csv),
        Reader("netCDF table without checksum", 200, "crust.nc", _of_netcdf_without_checksum,
               _words(*table, "{}/inputs/crust.nc"), _of_csv),
        Reader("run, by field", 300, "run.nc", _of_netcdf, _words("field", "{}/inputs/run.nc",
               "--radii", "3", "--output", "{}/outputs/field.nc"), _of_netcdf_output),
        Reader("run without checksum, by field", 150, "run.nc", _of_netcdf_without_checksum,
               _words("field", "{}/inputs/run.nc", "--radii", "3", "--output",
                      "{}/outputs/field.nc"), _of_netcdf_output),
        Reader("run, by resume", 100, "run.nc", _of_netcdf, _words("resume", "{}/inputs/run.nc",
               "--quiet", "--time.end", "5.2", "--output", "{}/outputs/run.nc"), _of_run),
        Reader("run without checksum, by resume", 70, "run.nc", _of_netcdf_without_checksum,
               _words("resume", "{}/inputs/run.nc", "--quiet", "--time.end", "5.2", "--output",
                      "{}/outputs/run.nc"), _of_run),
        Reader("run, as initial.file", 100, "run.nc", _of_netcdf, _run(
               "case.toml", "--initial.kind", "file", "--initial.file", "{}/inputs/run.nc"),
               _of_run, others=("case.toml",)),
        Reader("run, by check", 100, "run.nc", _of_netcdf, _words("check", "{}/inputs/run.nc"),
               _of_check),
    ]  # fmt: skip


def _words(*words):
    return lambda place: [word.format(place) for word in words]


def _run(case, *more):
    return lambda place: run(
        place / "inputs" / case, place / "outputs" / "run.nc", *(one.format(place) for one in more)
    )


def _planned(arguments):
    """The command scan, up to where it would run the first point."""
    import contextlib

    from spectralcmi.cli import scan as command
    from spectralcmi.scans import run as scans

    def told(plan, *others):
        print(json.dumps([plan.keys, plan.names]))
        raise SystemExit(0)

    scans.run_plan, command._client = told, lambda plan, given: contextlib.nullcontext()
    return main(arguments)


def _of_plan(text, place):
    keys, names = json.loads(text)
    return {"keys": np.array(keys), "names": np.array(names)}


def _of_csv(text, place):
    headings, rows = damages.rows_of(text)
    values = np.array([[float(x) if x else math.nan for x in row] for row in rows])
    return dict(zip(headings, values.T, strict=True))


def _of_run(text, place):
    return _arrays(place / "outputs" / "run.nc")


def _of_netcdf_output(text, place):
    return _arrays(place / "outputs" / "field.nc")


def _arrays(path):
    return numbers(path)


def _of_check(text, place):
    """What is said but for the name of the file and whether it has a checksum."""
    return {"lines": np.array([line.partition(": ")[2] for line in text.splitlines()[1:]])}


# What they read


def _write_originals(folder):
    from tests.star.test_tabulated import HEADER, bsk24_columns, write_compose

    (folder / "case.toml").write_text(CASE)
    (folder / "scan.toml").write_text(
        CASE + "\n[scan.grid]\ntime.tolerance = [1e-4, 1e-5]\nhall.enabled = [true, false]\n"
    )
    (folder / "star.toml").write_text('[background]\nkind = "neutron_star"\n')
    (folder / "profile.csv").write_text(
        "density [g cm-3],temperature [K]\n1e10,4e8\n1e11,5.5e8\n1e12,6e8\n1e13,7e8\n1e14,7.5e8\n"
    )
    (folder / "cooling.csv").write_text(
        "time [yr],temperature [K]\n1.0,1e9\n10.0,8e8\n100.0,5e8\n1000.0,2e8\n"
    )
    (folder / "impurities.csv").write_text(
        "density [g cm-3],impurity_parameter\n1e10,0.5\n1e12,1.0\n1e13,5.0\n1e14,20.0\n"
    )
    (folder / "deviation.csv").write_text(
        "radius [km],delta_mu\n11.0,0.01\n11.8,0.05\n12.0,0.1\n12.2,0.3\n12.6,0.5\n"
    )
    columns = bsk24_columns(120)
    rows = zip(*columns.values(), strict=True)
    lines = [",".join("" if math.isnan(x) else f"{x:.10g}" for x in row) for row in rows]
    (folder / "eos.csv").write_text("\n".join([HEADER.replace(", ", ","), *lines]) + "\n")
    (folder / "compose").mkdir()
    write_compose(folder / "compose", columns)
    require("star", "--output", folder / "crust.nc", "--resolution.radial_order", "24")
    for extra in ("crust_rates.png", "crust_rates_caption.txt"):
        (folder / extra).unlink()
    (folder / "uniform.toml").write_text(UNIFORM)
    require(*run(folder / "uniform.toml", folder / "run.nc"))

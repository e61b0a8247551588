from types import SimpleNamespace

import numpy as np
import pytest

from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.star.composition import composition_bsk24
from spectralcmi.star.equation_of_state import BSK24
from spectralcmi.star.structure import maximum_mass, solve_star
from spectralcmi.star.tabulated import equation_of_state_from_columns, read_equation_of_state

MEV_PER_FM3 = 1.602176634e33  # dyn/cm2
CHIRAL = SimpleNamespace(
    delta_mu=1e-2,
    delta_mu_file="",
    convention="textbook",
    spin_flip_prefactor=1.0,
    weak_rate_prefactor=1.0,
)


def neutron_star(**changes):
    keys = {
        "kind": "neutron_star",
        "equation_of_state": "bsk24",
        "mass": 1.4,
        "outer_density": 1e10,
        "temperature": 1e9,
        "impurity_parameter": 0.0,
        "composition": "smooth",
    }
    return SimpleNamespace(**(keys | changes))


def bsk24_columns(count=300):
    """BSk24 as a table in the units of the package, with sharp layers and a bare core."""
    n = np.geomspace(BSK24.minimum_baryon_density, 1.55, count)
    density, pressure, _ = BSK24.barotrope(n)
    matter = composition_bsk24(n, "layered")
    core = n > BSK24.crust_core_density
    columns = {"n_b": n, "rho": density, "P": pressure}
    for name, values in (
        ("Z", matter.charge_number),
        ("A_cluster", matter.mass_number),
        ("A_cell", matter.cell_mass_number),
    ):
        columns[name] = np.where(core, np.nan, values)
    return columns


def write_text(path, columns, header):
    rows = zip(*columns.values(), strict=True)
    lines = [",".join("" if np.isnan(value) else f"{value:.10g}" for value in row) for row in rows]
    path.write_text("\n".join(["# a comment", header, *lines]) + "\n")
    return str(path)


HEADER = "n_b [fm-3], rho [g cm-3], P [dyn cm-2], Z, A_cluster, A_cell"


@pytest.fixture(scope="module")
def text_table(tmp_path_factory):
    columns = bsk24_columns()
    columns["P"] = columns["P"] / MEV_PER_FM3
    columns["rho"] = columns["rho"] * 1e3
    header = "n_b [fm-3], rho [kg/m3], P [MeV fm-3], Z, A_cluster, A_cell"
    return write_text(tmp_path_factory.mktemp("table") / "dense.csv", columns, header)


@pytest.fixture(scope="module")
def compose_folder(tmp_path_factory):
    """The same matter in the format of CompOSE."""
    folder = tmp_path_factory.mktemp("compose")
    write_compose(folder, bsk24_columns())
    return str(folder)


def write_compose(folder, columns, leptons=1, nuclei=True, temperatures=1):
    neutron, light = 939.565346, 2.99792458e10
    n = columns["n_b"]
    pressure = columns["P"] / MEV_PER_FM3 / n
    energy = columns["rho"] * light**2 / MEV_PER_FM3 / n / neutron - 1.0
    (folder / "eos.nb").write_text("\n".join(["1", str(len(n)), *(f"{x:.12e}" for x in n)]))
    thermo, compo = [f"{neutron} 938.272013 {leptons}"], []
    for i in range(len(n)):
        plane = f"{1 + i % temperatures} {i + 1} 1"
        thermo.append(f"{plane} {pressure[i]:.12e} 0 0 0 0 {energy[i]:.12e} {energy[i]:.12e} 0")
        charge, cluster, cell = (columns[key][i] for key in ("Z", "A_cluster", "A_cell"))
        line = f"{plane} 1 2 0 {0.05 if np.isnan(charge) else charge / cell:.12e} 10 0.5"
        if nuclei and not np.isnan(charge):
            line += f" 1 999 {cluster:.12e} {charge:.12e} {1.0 / cell:.12e}"
        else:
            line += " 0"
        compo.append(line)
    (folder / "eos.thermo").write_text("\n".join(thermo))
    (folder / "eos.compo").write_text("\n".join(compo))


def test_text_table_gives_back_the_star(text_table):
    background = neutron_star(equation_of_state=text_table, crust_core_density=0.0807555)
    inner, outer = crust_radii(background)
    exact_inner, exact_outer = crust_radii(neutron_star())
    # Third-order interpolation between 300 rows, seven per e-fold of density: centimetres.
    assert inner == pytest.approx(exact_inner, abs=2e-4)
    assert outer == pytest.approx(exact_outer, abs=2e-4)
    radius = np.linspace(max(inner, exact_inner), min(outer, exact_outer), 300)
    table, exact = (build_crust(b, CHIRAL, radius) for b in (background, neutron_star()))
    assert table.attrs["equation_of_state"] == "dense"
    # Density to the interpolation of the rows; the rest to where a row falls within a layer:
    # a hundredth, but for the steps of Z near the bottom.
    np.testing.assert_allclose(table.density, exact.density, rtol=1e-3)
    error = np.abs(table.magnetic_diffusivity / exact.magnetic_diffusivity - 1.0)
    assert error.median() < 2e-3
    assert error.max() < 0.15


def test_maximum_mass_of_the_table(text_table):
    equation_of_state = read_equation_of_state(text_table)
    # As the stars: interpolation of the rows.
    assert maximum_mass(equation_of_state)[0] == pytest.approx(maximum_mass(BSK24)[0], rel=1e-4)


def test_compose_table_is_the_text_table(compose_folder):
    columns = bsk24_columns()
    compose = read_equation_of_state(compose_folder)
    direct = equation_of_state_from_columns("direct", columns)
    n = np.geomspace(1e-9, 0.08, 200)
    for one, other in zip(compose.barotrope(n), direct.barotrope(n), strict=True):
        # Thirteen digits were written; the energy per baryon keeps eight of them beside m_n.
        np.testing.assert_allclose(one, other, rtol=1e-8)
    for kind in ("smooth", "layered"):
        one, other = compose.composition(n, kind), direct.composition(n, kind)
        np.testing.assert_allclose(one.charge_number, other.charge_number, rtol=1e-9)
        np.testing.assert_allclose(one.cell_mass_number, other.cell_mass_number, rtol=1e-9)
    assert compose.crust_core_density == pytest.approx(direct.crust_core_density, rel=1e-12)
    assert solve_star(compose, 1.4).radius == pytest.approx(12.587, abs=2e-3)


def test_layers_are_found_in_the_rows():
    columns = bsk24_columns(2000)
    crust = equation_of_state_from_columns("fine", columns)
    n = np.geomspace(1e-7, 2.4e-4, 500)
    found, exact = (f(n, "layered") for f in (crust.composition, composition_bsk24))
    # Limits between layers are known to half a row of 1 %.
    assert np.mean(found.charge_number != exact.charge_number) < 0.06
    # Between rows Z/A is followed as well as by the table of layers itself.
    smooth, reference = crust.composition(n), composition_bsk24(n)
    np.testing.assert_allclose(smooth.electron_fraction, reference.electron_fraction, rtol=0.01)


def test_the_same_file_is_read_once(text_table):
    assert read_equation_of_state(text_table) is read_equation_of_state(text_table)


def test_a_table_without_outer_crust_is_accepted():
    columns = {
        key: values[bsk24_columns()["n_b"] > 4e-4] for key, values in bsk24_columns().items()
    }
    crust = equation_of_state_from_columns("deep", columns)
    for kind in ("smooth", "layered"):
        composition = crust.composition(np.array([1e-3, 1e-2]), kind)
        assert np.all(composition.inner_fraction == 1.0)
        # The rows hold the curve of the whole table.
        exact = composition_bsk24(np.array([1e-3, 1e-2])).electron_fraction
        np.testing.assert_allclose(composition.electron_fraction, exact, rtol=1e-4)


def edit(columns, **changes):
    return {key: changes.get(key, values) for key, values in columns.items()}


def test_impossible_columns_are_named():
    columns = bsk24_columns(20)
    falling = columns["P"].copy()
    falling[5] = falling[4]
    cases = [
        (edit(columns, P=falling), r"column P must rise, but \S+ follows"),
        (edit(columns, rho=-columns["rho"]), "column rho must hold positive numbers only"),
        (edit(columns, Z=np.full(20, np.nan)), "lacks the composition: no row has a Z"),
        (edit(columns, Z=2.0 * columns["A_cluster"]), "do not obey Z <= A_cluster <= A_cell"),
        (edit(columns, A_cell=columns["A_cluster"]), "lacks the inner crust"),
        ({key: values[:5] for key, values in columns.items()}, "5 rows are fewer than 8"),
    ]
    for wrong, message in cases:
        with pytest.raises(ValueError, match=message):
            equation_of_state_from_columns("wrong", wrong)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("A_cell", "cell"), "lacks the column A_cell"),
        (HEADER.replace("[dyn cm-2]", "[bar]"), "column P: unit 'bar' is not made of"),
        (HEADER.replace("[dyn cm-2]", ""), "column P: unit '1' does not convert to 'dyn cm-2'"),
        (HEADER.replace("P [dyn", "P in [dyn"), "is not of the form name"),
        (HEADER + ", Q", "does not hold 7 numbers"),
    ],
)
def test_bad_headers_are_one_line_with_key_and_value(tmp_path, header, message):
    path = write_text(tmp_path / "bad.csv", bsk24_columns(20), header)
    with pytest.raises(ValueError, match=message) as caught:
        crust_radii(neutron_star(equation_of_state=path))
    assert str(caught.value).startswith(f"background.equation_of_state = {path!r}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["eos.nb", "eos.thermo", "eos.compo"])
def test_a_missing_compose_file_says_what_it_holds(tmp_path, name):
    write_compose(tmp_path, bsk24_columns(20))
    (tmp_path / name).unlink()
    with pytest.raises(ValueError, match=rf"the file {name} is missing: it holds"):
        crust_radii(neutron_star(equation_of_state=str(tmp_path)))


def test_a_table_that_ends_within_the_crust_says_so(tmp_path):
    columns = {name: values[:80] for name, values in bsk24_columns(120).items()}
    write_compose(tmp_path, columns)
    with pytest.raises(ValueError, match=r"ends at .* the centre of the lightest star"):
        solve_star(read_equation_of_state(tmp_path), 1.4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"leptons": 0}, "eos.thermo lacks the leptons"),
        ({"nuclei": False}, "eos.compo lacks the nuclei"),
        ({"temperatures": 2}, "several temperatures"),
    ],
)
def test_other_compose_tables_are_refused(tmp_path, changes, message):
    write_compose(tmp_path, bsk24_columns(20), **changes)
    with pytest.raises(ValueError, match=message):
        read_equation_of_state(tmp_path)


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("eos.nb", lambda lines: [], "eos.nb lacks the indices"),
        ("eos.nb", lambda lines: ["1", "500", *lines[2:]], "20 densities, not those from 1 to 500"),
        ("eos.nb", lambda lines: [*lines[:-1], "x"], "eos.nb, line 22: 'x' is not a number"),
        ("eos.nb", lambda lines: ["1.5", *lines[1:]], "eos.nb, line 1: '1.5' is not an integer"),
        ("eos.thermo", lambda lines: [], "eos.thermo, line 1: the masses"),
        ("eos.thermo", lambda lines: [lines[0], *(x[:20] for x in lines[1:])], "Q1 to Q7"),
        ("eos.thermo", lambda lines: [lines[0], "1 1 1"], "line 2: nothing behind"),
        (
            "eos.compo",
            lambda lines: [" ".join(x.split()[:4]) for x in lines],
            "line 1: the numbers",
        ),
        (
            "eos.compo",
            lambda lines: [" ".join(x.split()[:-1]) for x in lines],
            "quadruples it states",
        ),
        ("eos.compo", lambda lines: ["1 y 1 1 0 0", *lines[1:]], "line 1: 'y' is not a number"),
        ("eos.compo", lambda lines: ["1 1 1 1 nan 0", *lines[1:]], "line 1: nan is no number of"),
        ("eos.compo", lambda lines: ["1 1 1 1 inf 0", *lines[1:]], "line 1: inf is no number of"),
        ("eos.compo", lambda lines: ["1 1 1 1 0 -1", *lines[1:]], "line 1: -1 is no number of"),
        ("eos.compo", lambda lines: lines[1:], "line 1: the line of density 1 is missing"),
        (
            "eos.compo",
            lambda lines: [*lines[:3], *lines[4:]],
            "line 4: the line of density 4 is missing",
        ),
    ],
)
def test_damaged_compose_files_are_told_by_line(tmp_path, name, damage, message):
    write_compose(tmp_path, bsk24_columns(20))
    lines = (tmp_path / name).read_text().splitlines()
    (tmp_path / name).write_text("\n".join(damage(lines)))
    with pytest.raises(ValueError, match=message):
        read_equation_of_state(tmp_path)


def test_a_missing_file_and_limits_out_of_range_are_named(text_table):
    cases = [
        ({"equation_of_state": "nowhere.csv"}, "the file nowhere.csv is missing"),
        (
            {"equation_of_state": text_table, "mass": 2.6},
            r"background\.mass = 2\.6: .* exceed 2\.279",
        ),
        (
            {"equation_of_state": text_table, "outer_density": 1e5},
            r"background\.outer_density = 100000: 100000 g/cm3 is outside 1e\+06",
        ),
        ({"equation_of_state": text_table, "crust_core_density": 9.0}, "crust_core_density=9 fm-3"),
    ]
    for changes, message in cases:
        with pytest.raises(ValueError, match=message):
            crust_radii(neutron_star(**changes))


def test_exponents_of_fortran_are_read(tmp_path):
    write_compose(tmp_path, bsk24_columns(60))
    plain = read_equation_of_state(tmp_path)
    fortran = tmp_path / "fortran"
    fortran.mkdir()
    for name in ("eos.nb", "eos.thermo", "eos.compo"):
        text = (tmp_path / name).read_text()
        (fortran / name).write_text(text.replace("e-", "D-").replace("e+", "D+"))
    found = read_equation_of_state(fortran)
    n = np.geomspace(1e-8, 1.0, 9)
    assert np.array_equal(found.density(n), plain.density(n))


def with_plateau(low, high):
    """BSk24 with two phases in equilibrium between two densities."""
    columns = bsk24_columns()
    flat = np.flatnonzero((columns["n_b"] > low) & (columns["n_b"] < high))
    pressure = columns["P"].copy()
    pressure[flat[-1] + 1 :] *= 1.001 * pressure[flat[0]] / pressure[flat[-1] + 1]
    pressure[flat] = pressure[flat[0]]
    return columns | {"P": pressure}


@pytest.mark.parametrize("limits", [(0.2, 0.26), (0.5, 0.6)])
def test_a_plateau_of_the_pressure_is_a_jump_of_the_density(limits):
    low, high = limits
    matter = equation_of_state_from_columns("plateau", with_plateau(low, high))
    star = solve_star(matter, 1.2)
    # The search for a mass has a tolerance of 1e-6, and the polynomial in it has a kink.
    assert star.mass == pytest.approx(1.2, rel=1e-5)
    if star.central_baryon_density < low:
        return
    width = star.radius_at(1.02 * low) - star.radius_at(0.98 * high)
    # The pressure is made to rise by 1e-7 a row, of which there are 3 to 10, in 5 km or so.
    assert 0.0 <= width < 1e-4


def test_a_plateau_within_the_crust_is_refused():
    with pytest.raises(ValueError, match=r"column P must rise, but \S+ follows"):
        equation_of_state_from_columns("plateau", with_plateau(0.01, 0.02))

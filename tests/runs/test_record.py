"""What a run has measured, as a dataset: variables, coordinates and sums."""

import numpy as np

from spectralcmi.runs.run import run

#: Dimensions of each variable, and its unit in CGS (but for years and kilometres).
SCHEMA = {
    **dict.fromkeys(["energy_poloidal", "energy_toroidal", "energy_exterior"], (("time",), "erg")),
    **dict.fromkeys(["energy_odd_degrees", "energy_dipole_family"], (("time",), "erg")),
    **dict.fromkeys(["spectrum_poloidal", "spectrum_toroidal"], (("time", "degree"), "erg")),
    "spectrum_order": (("time", "order"), "erg"),
    **dict.fromkeys(["rms_field", "maximum_field", "dipole_field"], (("time",), "gauss")),
    "magnetic_helicity": (("time",), "gauss^2 cm^4"),
    **dict.fromkeys(
        ["ohmic_power", "chiral_power", "angular_dissipation_power", "budget_residual"],
        (("time",), "erg s^-1"),
    ),
    "chiral_energy_released": (("time",), "erg"),
    "mean_k5": (("time",), "km^-1"),
    "saturated_fraction": (("time",), "1"),
    "time_step": (("time",), "julian_year"),
    "rejected_steps": (("time",), "1"),
    **dict.fromkeys(["tail_degree", "tail_radial"], (("time",), "1")),
    "poloidal": (("snapshot", "radius", "lm"), "gauss km"),
    "toroidal": (("snapshot", "radius", "lm"), "gauss"),
}


def test_every_variable_is_there_with_its_dimensions_unit_and_name(three_dimensional):
    _, dataset, _ = three_dimensional
    for name, (dims, units) in SCHEMA.items():
        assert dataset[name].dims == dims, name
        assert dataset[name].attrs["units"] == units, name
    for name, variable in dataset.variables.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs["units"], name


def test_coordinates_are_those_of_the_parameters(three_dimensional):
    _, dataset, _ = three_dimensional
    np.testing.assert_array_equal(dataset["time"], np.arange(0, 2.1, 0.5))
    np.testing.assert_array_equal(dataset["snapshot"], [0.0, 1.5])
    np.testing.assert_array_equal(dataset["degree"], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(dataset["order"], [0, 2, 4])
    # two elements, which share one of eight radii
    assert dataset["radius"].size == 2 * 7 + 1
    assert (dataset["radius"][0], dataset["radius"][-1]) == (9.0, 10.0)
    assert set(zip(dataset["degree_of_lm"].values, dataset["order_of_lm"].values, strict=True)) == {
        (degree, order) for degree in range(1, 6) for order in (0, 2, 4) if order <= degree
    }


def test_spectra_add_up_to_the_energies(three_dimensional):
    _, dataset, _ = three_dimensional
    energy = dataset["energy_poloidal"] + dataset["energy_toroidal"]
    for spectrum, total in [
        (dataset["spectrum_poloidal"].sum("degree"), dataset["energy_poloidal"]),
        (dataset["spectrum_toroidal"].sum("degree"), dataset["energy_toroidal"]),
        (dataset["spectrum_order"].sum("order"), energy),
    ]:
        # the same numbers, added in another order
        np.testing.assert_allclose(spectrum, total, rtol=1e-13)


def test_the_budget_closes_to_the_error_of_the_time_step(small_case):
    # The residual is that of the quadrature of the powers, an error of third order: a halved step
    # makes it an eighth; 0.2 in the order is room for the next term (2.83 before, 2.91 here).
    residuals = []
    for step in (0.0125, 0.00625):
        dataset = run(small_case(**{"time.step": step, "time.end": 2.0}))
        interval = dataset["time"].diff("time").values
        residuals.append(abs((dataset["budget_residual"].values[1:] * interval).sum()))
    assert residuals[0] > 0
    assert abs(np.log2(residuals[0] / residuals[1]) - 3) < 0.2
    lost = abs(dataset["ohmic_energy"].values[-1]) / 3.156e7
    assert residuals[1] < 1e-7 * lost  # 3e-9 of it

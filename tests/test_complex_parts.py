"""Complex variables come back bit by bit from real parts, and from records."""

import numpy as np
import pytest
import xarray as xr

from spectralcmi.complex_parts import LABEL, PART, complex_variable, with_complex, with_parts

#: Signs of zeros, infinities and nan are what arithmetic on the parts would lose.
ODD = [1.5 - 2.5j, complex(0.0, -0.0), complex(-0.0, 0.0), complex(np.inf, 1.0),
       complex(np.nan, -np.inf), 5e-324j]  # fmt: skip


@pytest.fixture
def dataset():
    values = np.array(ODD).reshape(2, 3)
    return xr.Dataset(
        {
            "before": ("radius", [1.0, 2.0]),
            "poloidal": (("radius", "lm"), values, {"units": "gauss km"}),
            "after": ("lm", [1, 2, 3]),
        },
        {"radius": [9.0, 10.0]},
        {"title": "odd numbers"},
    )


def bits(variable):
    return np.ascontiguousarray(variable.values).view(np.uint64)


def test_parts_are_real_and_come_back_with_every_bit(dataset):
    stored = with_parts(dataset)
    assert stored["poloidal"].dims == ("radius", "lm", PART)
    assert stored[LABEL].values.tolist() == ["real", "imag"]
    assert not any(np.iscomplexobj(variable) for variable in stored.variables.values())
    np.testing.assert_array_equal(stored["poloidal"].isel(part=1), dataset["poloidal"].imag)
    again = with_complex(stored)
    xr.testing.assert_identical(again, dataset)
    assert list(again.variables) == list(dataset.variables)
    np.testing.assert_array_equal(bits(again["poloidal"]), bits(dataset["poloidal"]))


def test_the_order_of_dimensions_does_not_matter(dataset):
    stored = with_parts(dataset).transpose(PART, "lm", "radius")
    xr.testing.assert_identical(with_complex(stored), dataset.transpose("lm", "radius"))


def test_records_are_read(dataset):
    values = dataset["poloidal"].values
    records = np.empty(values.shape, [("r", "<f8"), ("i", "<f8")])
    records["r"], records["i"] = values.real, values.imag
    read = dataset.assign(poloidal=dataset["poloidal"].copy(data=records))
    xr.testing.assert_identical(with_complex(read), dataset)
    xr.testing.assert_identical(with_parts(read), with_parts(dataset))


def test_what_is_lazy_stays_lazy(dataset):
    lazy = with_parts(dataset.chunk())
    assert lazy["poloidal"].chunks is not None
    xr.testing.assert_identical(lazy.compute(), with_parts(dataset))
    back = with_complex(lazy)
    assert back["poloidal"].chunks is not None
    xr.testing.assert_identical(back.compute(), dataset)


def test_real_variables_are_left_alone(dataset):
    real = dataset.drop_vars("poloidal")
    assert with_parts(real) is real
    assert with_complex(real) is real
    assert complex_variable(real["before"]) is not None
    xr.testing.assert_identical(complex_variable(real["before"]), real["before"])

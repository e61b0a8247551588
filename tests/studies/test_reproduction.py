"""What the studies of the paper's groups answer, at a resolution that shows symmetries at least."""

from __future__ import annotations

import numpy as np


def test_hall_alone_feeds_even_toroidal_degrees_only(answer):
    last = answer("hall_only").dataset["energy"].isel(run=0, sample=-1)
    odd, even = (float(last.sel(component="toroidal", parity=p)) for p in ("odd", "even"))
    assert even > 0
    # round-off of the transforms, 1e-16 of the field, squared; the field is 1e4 times larger
    assert odd < 1e-20 * even


def test_chiral_term_alone_keeps_even_degrees_at_round_off(answer):
    dataset = answer("parity").dataset
    alone = dataset["even_degrees"].sel(run="chiral only")
    assert float(alone.max()) < 1e-24  # round-off squared, grown with the field for 20 yr
    # k5 turns poloidal into toroidal dipoles, and with them the field leaves its class
    assert float(dataset["last_quadrupole_share"].sel(run="chiral only")) > 1e-5


def test_linear_rate_rises_with_the_radial_order(answer):
    dataset = answer("resolution").dataset
    polynomials = dataset["linear_rate"][dataset["grid"] == "global"]
    # 16, 20, 24 polynomials can't resolve waves of 20 m in 876 m
    assert np.all(np.diff(polynomials) > 0)


def test_scan_has_every_crust_and_convention(answer):
    dataset = answer("delta_mu_scan").dataset
    run = dataset["rms_field"].notnull().any("sample").sum("delta_mu")
    # two deviations each, of which the small plan has the first convention alone
    assert run.sel(convention="textbook").values.tolist() == [2, 2, 2, 2]

"""What the studies of the star answer."""

from __future__ import annotations

import numpy as np


def test_fig1_has_its_caption(answer):
    study, dataset, printed, _ = answer("fig1")
    assert dataset.temperature.values.tolist() == [1e8, 1e9, 1e10]
    assert "times the stated limit" in printed
    assert "without their 4 pi" in printed
    figure = study.draw(dataset)
    panels = figure.subfigs[0].axes
    assert len(panels) == 3
    # a bar for what is stated, at its values
    bars = [next(line for line in ax.get_lines() if line.get_linewidth() == 6) for ax in panels]
    assert [tuple(bar.get_ydata()) for bar in bars[1:]] == [(1e-12, 1e-8), (1e-5, 10.0)]
    assert bars[0].get_ydata()[1] == 1e-9
    # the caption stays on the page
    figure.canvas.draw()
    text = figure.subfigs[1].texts[0].get_window_extent()
    assert figure.bbox.x0 <= text.x0
    assert text.x1 <= figure.bbox.x1
    assert text.y0 >= figure.bbox.y0


def test_composition_compares_layers_and_cutoffs(answer):
    _, dataset, printed, _ = answer("composition")
    assert len(printed.splitlines()) == 1 + 4 * 3  # radial orders 32, 40 and 48
    # the hard cutoff leaves k5 larger everywhere, and the field grows faster
    rates = dataset.linear_rate
    assert (rates.sel(cutoff="hard") > rates.sel(cutoff="smooth")).all()
    field = dataset.rms_field.isel(time=-1)
    assert (field.sel(cutoff="hard") > field.sel(cutoff="smooth")).all()
    # only the layered crust has whole charge numbers in its outer part
    outer = dataset.charge_number.where(dataset.density < 4e11, drop=True)
    assert np.all(outer.sel(composition="layered") % 1 == 0)
    assert np.any(outer.sel(composition="smooth") % 1 != 0)


def test_crust_accuracy_holds_what_is_promised(answer):
    _, dataset, printed, _ = answer("crust_accuracy")
    assert "maximum_mass,,2.279" in printed
    assert abs(dataset.maximum_mass - 2.28) < 0.02
    assert dataset.integral_error.max() < 1e-6
    # tables print six digits
    assert dataset.table_error.max() < 1e-5
    # the error of a step is what the tolerance bounds; a hundred steps make a star
    assert np.all(dataset.thickness_error < 100 * dataset.tolerance)
    # three for three derivatives, two for two, none at a jump
    assert dataset.smoothness.sel(composition="smooth").min() > 2
    assert abs(dataset.smoothness.sel(composition="layered")).max() < 0.2

"""Parameters as text and as HTML."""

from spectralcmi.case.parameters import Parameters


def test_what_differs_from_the_defaults_is_the_text():
    assert repr(Parameters()) == "Parameters: the defaults"
    changed = Parameters().replace({"resolution.lmax": 90, "hall.enabled": False})
    assert str(changed).splitlines() == [
        "Parameters: the defaults, but",
        "  hall.enabled = false",
        "  resolution.lmax = 90",
    ]


def test_another_kind_shows_all_its_keys():
    shell = {"inner_radius": 9.0, "outer_radius": 10.0, "magnetic_diffusivity": 1e-3}
    text = repr(Parameters(background={"kind": "uniform_shell", **shell}))
    assert '  background.kind = "uniform_shell"\n' in text
    assert "  background.magnetic_diffusivity = 0.001\n" in text
    assert "temperature" not in text


def test_a_notebook_has_changed_keys_first_and_all_below():
    table = Parameters(time={"stop_when": "rms_field > 1e15"})._repr_html_()
    first, _, everything = table.partition("<details>")
    assert "<td>time.stop_when</td><td>&quot;rms_field &gt; 1e15&quot;</td>" in first
    assert first.count("<tr>") == 1
    assert "<td>resolution.lmax</td><td>60</td>" in everything
    assert table.count("<table>") == 2
    assert "but" not in Parameters()._repr_html_().partition("<details>")[0]

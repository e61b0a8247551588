"""One definition of the forms: its three uses agree."""

import numpy as np
import pytest

from spectralcmi.fields import magnetic
from spectralcmi.grid.elements import ElementBasis

BASIS = ElementBasis((1.0, 1.3, 1.4, 2.0), 6)
FIELDS = [
    (magnetic.poloidal_field, "poloidal"),
    (magnetic.poloidal_curl, "poloidal"),
    (magnetic.toroidal_field, "toroidal"),
    (magnetic.toroidal_curl, "toroidal"),
]


@pytest.mark.parametrize("degree", [1, 7])
@pytest.mark.parametrize(("field", "kind"), FIELDS)
def test_values_square_roots_matrices_and_products_agree(field, kind, degree):
    components, rng = field(BASIS.radius), np.random.default_rng(0)
    size = getattr(BASIS, f"{kind}_slots")
    evaluate, tables = getattr(BASIS, f"evaluate_{kind}"), getattr(BASIS, f"{kind}_tables")
    weights = BASIS.weights * (1 + BASIS.radius)
    product = degree * (degree + 1.0)
    slots, other = rng.standard_normal((2, size, 1))
    value = magnetic.square_integrals(
        components, weights, np.array([product]), evaluate(slots, BASIS.radius)
    )[0]
    root = magnetic.square_root(components, weights, product, evaluate(np.eye(size), BASIS.radius))
    # rounding of radii over an element of 0.1, throughout
    assert (np.abs(root @ slots) ** 2).sum() == pytest.approx(value, rel=1e-11)
    local = magnetic.element_products((components, tables), (components, tables), weights)
    width, total = tables.shape[-1], 0.0
    for element in range(BASIS.elements):
        own = slots[element * BASIS.stride : element * BASIS.stride + width, 0]
        matrix = sum(product**power * part[element] for power, part in local.items())
        total += own @ matrix @ own
    assert total == pytest.approx(value, rel=1e-11)
    integrands = magnetic.integrands_against(
        components, weights, np.array([product]), evaluate(slots, BASIS.radius)
    )
    inner = sum(
        (integrands[d] * part).sum() for d, part in enumerate(evaluate(other, BASIS.radius))
    )
    expected = float((root @ slots)[:, 0] @ (root @ other)[:, 0])
    scale = np.linalg.norm(root @ slots) * np.linalg.norm(root @ other)
    assert inner == pytest.approx(expected, abs=1e-11 * scale)

"""Calls of compiled libraries from inside compiled kernels, without the interpreter lock.

A kernel gets a function as its address, so that it can be kept on disk: an address written into it
would be that of another process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic


@intrinsic
def call_address(typing_context: Any, function: Any, arguments: Any) -> tuple[Any, Callable]:
    """Call void function(*arguments) through its address, inside a compiled kernel.

    Parameters
    ----------
    function : int
        Address of the function.
    arguments : tuple of int
        Addresses, or integers as wide.
    """
    signature = types.void(types.intp, types.UniTuple(types.intp, len(arguments)))

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        integer = context.get_value_type(types.intp)
        function_type = ir.FunctionType(ir.VoidType(), [integer] * len(arguments))
        pointer = builder.inttoptr(values[0], function_type.as_pointer())
        builder.call(pointer, cgutils.unpack_tuple(builder, values[1]))
        return context.get_dummy_value()

    return signature, generate

"""Asks the processor to fetch memory before it is needed.

An entity's row is seldom in the cache; the events to come say which rows will be wanted. One instruction, no effect on
any result. Interpreted (NUMBA_DISABLE_JIT) it does nothing.
"""
# mypy: disable-error-code="no-untyped-call,attr-defined"
# llvmlite has no types

from __future__ import annotations

from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

if numba.config.DISABLE_JIT:

    def prefetch(address: int) -> None:
        """Do nothing: there is no processor to ask."""

else:

    @intrinsic
    def prefetch(_context: Any, address: Any) -> Any:
        """Ask for the cache line at an address, to be read soon."""
        signature = types.void(address)

        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
            number = ir.IntType(32)
            arguments_of = [pointer.type, number, number, number]
            kind = ir.FunctionType(ir.VoidType(), arguments_of)
            function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
            # to be read (0), with high locality (3), data (1): the meaning of the LLVM intrinsic's arguments
            builder.call(function, [pointer, number(0), number(3), number(1)])
            return context.get_dummy_value()

        return signature, generate

"""Scalar formulas made into fused float32 loops over cells.

`cellwise` turns a formula of scalars into a function of arrays: one pass, no intermediate array, compiled at the first call, kept
on disk, without the GIL. Numbers stand for arrays of that number. Missing is nan and stays nan: bound a value by `clipped`, choose
between two by `choose`, both without a branch. `power`, `exponential` and `logarithm` are float32 polynomials which
the compiler can vectorise; their relative error is below 1e-6.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable

import numba
import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic

F = np.float32
Cells = npt.NDArray[np.float32]  # (rows, cols), or bands of these; missing is nan


@intrinsic
def _bits_of(typingctx, value):  # noqa: ARG001
    """float32 read as int32."""

    def code(context, builder, signature, args):  # noqa: ARG001
        return builder.bitcast(args[0], context.get_value_type(types.int32))

    return types.int32(types.float32), code


@intrinsic
def _float_of(typingctx, value):  # noqa: ARG001
    """int32 read as float32."""

    def code(context, builder, signature, args):  # noqa: ARG001
        return builder.bitcast(args[0], context.get_value_type(types.float32))

    return types.float32(types.int32), code


@intrinsic
def _fma(typingctx, a, b, c):  # noqa: ARG001
    """The product of a and b plus c with one rounding."""

    def code(context, builder, signature, args):  # noqa: ARG001
        return builder.fma(*args)

    return types.float32(types.float32, types.float32, types.float32), code


@intrinsic
def _select(typingctx, condition, yes, no):  # noqa: ARG001
    """`yes` where the condition holds, else `no`, without a branch."""

    def code(context, builder, signature, args):  # noqa: ARG001
        return builder.select(*args)

    return types.float32(types.boolean, types.float32, types.float32), code


choose: Callable[[bool | np.bool_, F, F], F] = _select  # as formulas call it, without the context of the compiler


# log2(1 + u) / u for u in sqrt(1/2) - 1 ... sqrt(2) - 1 (error 2e-9) and 2^u for u in -0.5 ... 0.5 (error 3e-9): least squares on
# Chebyshev nodes, coefficients from the constant upwards
LOG2 = tuple(
    map(
        F,
        (
            1.442695041,
            -0.7213473516,
            0.4808982127,
            -0.3606966287,
            0.2885688962,
            -0.2396190445,
            0.2045752917,
            -0.1910249799,
            0.1863120984,
            -0.1102016007,
        ),
    )
)
EXP2 = tuple(map(F, (1.0, 0.6931472067, 0.2402265121, 0.05550327214, 0.009618025603, 0.001340043217, 0.0001546973198)))
SQRT_HALF_BITS = np.int32(0x3F3504F3)
TO_NEAREST = F(12582912.0)  # 1.5 x 2^23: adding it rounds to the nearest integer
LARGEST = F(126.0)
LOG2_E = F(1.4426950408889634)
LOG2_E_REST = F(1.4426950408889634 - float(F(1.4426950408889634)))
LN_2 = F(0.6931471805599453)


@numba.njit(inline="always", error_model="numpy")
def clipped(x: F, low: F, high: F) -> F:
    """The value kept within low and high; nan stays nan."""
    x = choose(x < low, low, x)
    return choose(x > high, high, x)


@numba.njit(inline="always", error_model="numpy")
def _log2_parts(x: F) -> tuple[F, F]:
    """Exponent and log2 of the mantissa, which lies in sqrt(1/2) ... sqrt(2)."""
    bits = _bits_of(x)
    shift = (bits - SQRT_HALF_BITS) >> np.int32(23)
    u = _float_of(np.int32(bits - (shift << np.int32(23)))) - F(1.0)
    series = _fma(LOG2[9], u, LOG2[8])
    series = _fma(series, u, LOG2[7])
    series = _fma(series, u, LOG2[6])
    series = _fma(series, u, LOG2[5])
    series = _fma(series, u, LOG2[4])
    series = _fma(series, u, LOG2[3])
    series = _fma(series, u, LOG2[2])
    series = _fma(series, u, LOG2[1])
    series = _fma(series, u, LOG2[0])
    return F(shift), u * series


@numba.njit(inline="always", error_model="numpy")
def _two_to(near: F, u: F) -> F:
    """2^(near + u) for a whole number `near` and u within -0.5 and 0.5."""
    series = _fma(EXP2[6], u, EXP2[5])
    series = _fma(series, u, EXP2[4])
    series = _fma(series, u, EXP2[3])
    series = _fma(series, u, EXP2[2])
    series = _fma(series, u, EXP2[1])
    series = _fma(series, u, EXP2[0])
    return series * _float_of(np.int32((np.int32(near) + np.int32(127)) << np.int32(23)))


@numba.njit(inline="always", error_model="numpy")
def _exp2_sum(whole: F, part: F) -> F:
    """2^(whole + part); `whole` is kept apart so that its product stays exact."""
    total = whole + part
    bounded = clipped(total, -LARGEST, LARGEST)
    near = (bounded + TO_NEAREST) - TO_NEAREST
    scaled = _two_to(near, clipped((whole - near) + part, F(-1.0), F(1.0)))
    return choose(total == total, scaled, total)


@numba.njit(inline="always", error_model="numpy")
def power(x: F, y: F) -> F:
    """Power x^y for x > 0 and results between 1e-37 and 1e37; 0^y is 0, nan stays nan."""
    exponent, mantissa = _log2_parts(x)
    near = (y * (exponent + mantissa) + TO_NEAREST) - TO_NEAREST
    near = clipped(near, -LARGEST, LARGEST)
    result = _two_to(near, clipped(_fma(y, mantissa, _fma(y, exponent, -near)), F(-1.0), F(1.0)))
    return choose((x == x) & (y == y), choose(x > F(0.0), result, F(0.0)), F(np.nan))


@numba.njit(inline="always", error_model="numpy")
def exponential(x: F) -> F:
    """Power e^x for results between 1e-37 and 1e37; nan stays nan."""
    return _exp2_sum(x * LOG2_E, _fma(x, LOG2_E, -(x * LOG2_E)) + x * LOG2_E_REST)


@numba.njit(inline="always", error_model="numpy")
def logarithm(x: F) -> F:
    """Natural logarithm of x > 0; nan for nan and for x <= 0."""
    exponent, mantissa = _log2_parts(x)
    return choose(x > F(0.0), (exponent + mantissa) * LN_2, F(np.nan))


if numba.config.DISABLE_JIT:  # the interpreter has no bit casts: the same functions by NumPy

    def choose(condition: bool | np.bool_, yes: F, no: F) -> F:  # noqa: D103
        return yes if condition else no

    def power(x: F, y: F) -> F:  # noqa: D103
        return F(np.power(x, y)) if x > 0 or x != x or y != y else F(0.0)

    def exponential(x: F) -> F:  # noqa: D103
        return F(np.exp(x))

    def logarithm(x: F) -> F:  # noqa: D103
        return F(np.log(x)) if x > 0 else F(np.nan)


class Cellwise:
    """A formula of scalars, callable with arrays; `formula` itself stays there for tests."""

    def __init__(self, formula: Callable[..., F]) -> None:
        self.formula = formula
        self._loop: Callable[..., None] | None = None
        self._lock = threading.Lock()
        functools.update_wrapper(self, formula)

    def loop(self) -> Callable[..., None]:
        """Compiled loop over flat arrays and numbers; one machine function per pattern of arrays and numbers."""
        with self._lock:
            if self._loop is None:
                self._loop = _looped(self.formula)
        return self._loop

    def __call__(self, *values: npt.ArrayLike) -> Cells:
        """Arrays or numbers in, float32 array of their common shape out."""
        arrays = [np.asarray(value, dtype=np.float32) for value in values]
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
        out = np.empty(shape, dtype=np.float32)
        flat = [_flat(array, shape) for array in arrays]
        with np.errstate(all="ignore"):
            self.loop()(out.reshape(-1), *flat)
        return out


def cellwise(formula: Callable[..., F]) -> Cellwise:
    """Decorator: a formula of scalars as a fused loop over cells."""
    return Cellwise(formula)


def _flat(array: Cells, shape: tuple[int, ...]) -> Cells | F:
    """One-dimensional contiguous array, or a number where the array is one."""
    if array.ndim == 0 and shape:
        return F(array)
    return np.ascontiguousarray(np.broadcast_to(array, shape)).reshape(-1)


def _looped(formula: Callable[..., F]) -> Callable[..., None]:
    """Loop `out[i] = formula(a[i], b, ...)` for any pattern of arrays and numbers.

    The loop is made from text, since its body must hold the formula itself to be vectorised; it bears the file of the formula,
    beside which the compiled code is kept.
    """
    names = formula.__code__.co_varnames[: formula.__code__.co_argcount]
    inner = numba.njit(inline="always", error_model="numpy")(formula)
    compiled: dict[tuple[bool, ...], Callable[..., None]] = {}
    lock = threading.Lock()

    def run(out: Cells, *flat: Cells | F) -> None:
        pattern = tuple(isinstance(entry, np.ndarray) for entry in flat)
        with lock:
            if pattern not in compiled:
                compiled[pattern] = _compiled(formula, inner, names, pattern)
        compiled[pattern](out, *flat)

    return run


def _compiled(
    formula: Callable[..., F], inner: Callable[..., F], names: tuple[str, ...], pattern: tuple[bool, ...]
) -> Callable[..., None]:
    kinds = "".join("a" if is_array else "n" for is_array in pattern)
    name = f"{formula.__name__}_cells_{kinds}"
    entries = [f"{entry}[i]" if is_array else entry for entry, is_array in zip(names, pattern, strict=True)]
    call = f"out[i] = formula_of_cells({', '.join(entries)})"
    text = f"def {name}(out, {', '.join(names)}):\n    for i in range(out.size):\n        {call}\n"
    space = {"formula_of_cells": inner, "__name__": formula.__module__}
    exec(compile(text, formula.__code__.co_filename, "exec"), space)
    column = types.Array(types.float32, 1, "C", readonly=True)
    signature = types.void(types.float32[::1], *[column if is_array else types.float32 for is_array in pattern])
    return numba.njit([signature], nogil=True, cache=True, error_model="numpy")(space[name])

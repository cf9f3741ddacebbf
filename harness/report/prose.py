"""What the report says of itself; `**` and `*` mark words as markdown does."""

from __future__ import annotations

TITLES = ("Which convolutions agree with which",)
"""Of reports: the last one, and those of earlier versions, by which a report is known that may be replaced."""
TITLE = TITLES[-1]
PURPOSE = """\
People move a convolution from one system to another and the numbers differ. Each case below is one such convolution:
data, settings and what is meant. Every entry point (a function as its users know it) is called with it, and its numbers
are compared with a reference, evaluated exactly and rounded once, and with each other. What differs by a convention,
such as a kernel that is read backwards, is told from what differs by rounding."""
HOW_TO_READ = """\
**As written** is the call that a person would first write: axes in the order that the system wants, its own word for
the padding, the kernel as it is. **Normalized** is the call that makes the system compute what the case means; what it
takes is said in words. Entry points whose numbers agree with each other are a **class**; the numbers shown are those of
its first member. **Recorded** is an output that was obtained elsewhere.

Agreement has degrees. *Exactly*: equal to the last bit. *Statistical bound*: as close as rounding errors that behave
like chance leave it. *Any order of summation*: no order in which the terms can be added has a larger error. *FFT*: the
bound for a convolution by fast Fourier transform, whose errors spread over the output. The percentage says how much of
the bound is used."""

DECLARED = """\
What each entry point that ran *declares*; nothing in this table was measured in this run. The project's tests hold it
against what `harness probe` measures, and `harness run --cards` shows what was measured. The word for *same* says where
the sample more goes when the total of the padding is odd. What a function does not take, the normalized call does by a
named transform."""
MEASURED = """\
Measured, entry point by entry point, as `harness probe` does: nothing here is read from a declaration. **Computes**:
convolution reads the kernel backwards along every spatial axis, cross-correlation does not. **Padding**: what each word
comes to, as (low, high) on each axis; n is the input's size, k the kernel's, s the stride, d the dilation,
e = (k - 1) d + 1. **Input, kernel, sum**: bits of the fraction that are kept of float32 data.
**Integer overflow**: what twice the largest number of a dtype is."""

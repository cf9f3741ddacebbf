"""Three ways to compute one formula: plainly (`plain`), twice as precisely (`twofold`), with its errors (`bounded`).

A formula is a function whose first argument, called `np`, is one of these modules; its arrays are those of the module.
It may use the operators, comparisons with `&`, `|` and `~`, indices, `reshape`, `transpose`, `sum`, `max` and `min` of
an axis or several, and the functions that `plain` names.
"""

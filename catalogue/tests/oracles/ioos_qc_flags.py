"""What ioos-qc says of series: reads a JSON list of cases from a file, and writes the flags of each as JSON."""

import json
import sys
import warnings

import numpy as np
from ioos_qc import qartod


def flags_of(case):
    values = np.array([np.nan if value is None else value for value in case["values"]], dtype=float)
    # Milliseconds, for those cases that show what becomes of fractions of a second.
    times = np.array(case["times_ms"], dtype="datetime64[ms]").astype("datetime64[ns]")
    said = {}
    if "gross" in case:
        said["gross"] = qartod.gross_range_test(values, **case["gross"])
    if "spike" in case:
        said["spike"] = qartod.spike_test(values, **case["spike"])
    if "rate" in case:
        said["rate"] = qartod.rate_of_change_test(values, times, **case["rate"])
    if "flat" in case:
        said["flat"] = qartod.flat_line_test(values, times, **case["flat"])
    if "gap_seconds" in case:
        # Of the readings that are there; half a second more, for the hours are cut to whole seconds.
        there = np.ma.masked_array(times[~np.isnan(values)])
        said["gap"] = qartod.time_gap_test(there, fail_span=(case["gap_seconds"] + 0.5) / 3600)
    return {name: [int(flag) for flag in np.ma.filled(flags, 9)] for name, flags in said.items()}


warnings.simplefilter("ignore")
with open(sys.argv[1], encoding="utf-8") as cases:
    json.dump([flags_of(case) for case in json.load(cases)], sys.stdout)

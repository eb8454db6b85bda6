#!/usr/bin/env python3
"""The whole way in the Python package lifetimes, step by step: orders in a CSV file (customer, day, amount) to summaries, a
BG/NBD and a gamma-gamma fit, and scores. Prints a line "step,seconds" a step.

    bench/with_lifetimes.py orders.csv 2024-12-31
"""
import sys
import time

import pandas
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data


def main(path, as_of):
    """Run and time the steps; reading the file does not count."""
    orders = pandas.read_csv(path, parse_dates=["day"])
    start = time.perf_counter()

    def tell(step):
        nonlocal start
        print(f"{step},{time.perf_counter() - start:.3f}")
        start = time.perf_counter()

    summary = summary_data_from_transaction_data(
        orders, "customer", "day", monetary_value_col="amount", observation_period_end=as_of
    )
    tell("histories")
    frequency, recency, age = summary["frequency"], summary["recency"], summary["T"]
    repeat = summary[(frequency > 0) & (summary["monetary_value"] > 0)]
    # Weeks, as in clm: the optimiser starts at 1 and does not get far in days
    purchases = BetaGeoFitter().fit(frequency, recency / 7, age / 7)
    spend = GammaGammaFitter().fit(repeat["frequency"], repeat["monetary_value"])
    tell("fit")
    purchases.conditional_probability_alive(frequency, recency / 7, age / 7)
    purchases.conditional_expected_number_of_purchases_up_to_time(365 / 7, frequency, recency / 7, age / 7)
    spend.conditional_expected_average_profit(summary["frequency"], summary["monetary_value"])
    spend.customer_lifetime_value(
        purchases, frequency, recency / 7, age / 7, summary["monetary_value"], time=12, discount_rate=0.008, freq="W"
    )
    tell("scores")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])

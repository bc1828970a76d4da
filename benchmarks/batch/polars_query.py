"""Runs one query, given as JSON, with Polars' lazy API and its streaming engine, and writes the result as CSV."""

import datetime
import json
import sys

import polars as pl

query = json.loads(sys.argv[1])
schema = {"timestamp": pl.String, "user": pl.String, "app": pl.String}
schema |= {f"metric_{i}": pl.Int64 for i in range(1, 10)}
time = pl.col("timestamp")

rows = pl.scan_csv(query["files"], has_header=False, schema=schema).with_columns(time.str.to_datetime("%Y-%m-%d %H:%M:%S"))
rows = rows.filter(
    time >= datetime.datetime.fromisoformat(query["start"]), time < datetime.datetime.fromisoformat(query["end"])
)
if query["users"]:
    rows = rows.filter(pl.col("user").is_in(query["users"]))
if query["apps"]:
    rows = rows.filter(pl.col("app").is_in(query["apps"]))
(
    rows.group_by([time.dt.truncate(f"{query['minutes']}m"), *query["dimensions"]])
    .agg(pl.col("^metric_.*$").sum())
    .sort(["timestamp", *query["dimensions"]])
    .sink_csv(query["result"], datetime_format="%Y-%m-%d %H:%M:%S")
)

#!/usr/bin/env python3
"""Engines over a folder of captures: each reads the same captures in turns, and ratios to a plain scan are printed.

    mkdir -p build/engines/captures
    for i in 1 2 3 4 5 6 7 8; do .venv/bin/python bench/corpus.py build/engines/captures/$i.pcap --size 50MB --seed $i; done
    .venv/bin/python bench/engines.py build/engines/captures [--turns 5] [--only spark dask duckdb]

Times are medians of wall time, and processor time of this process and all its children (of Spark: the Java process and the
Python workers). Spark and Dask run on two cores, so they are compared with scan(jobs=2); DuckDB with scan(jobs=1). The first
turn of each is not counted. An engine that is not installed is left out with a message.
"""
import argparse
import glob
import os
import shutil
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = os.sysconf("SC_CLK_TCK")


def processor_time():
    """Seconds of this process and of its children, also of those that have ended."""
    stats = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        stats[int(path.split("/")[2])] = (int(fields[1]), sum(map(int, fields[11:15])))
    mine, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, (parent, _) in stats.items() if parent in mine} - mine
        mine, grown = mine | more, bool(more)
    return sum(stats[pid][1] for pid in mine if pid in stats) / TICKS


def in_turns(calls, turns):
    """{name: (wall, processor)}: medians over the turns, in which each call runs once."""
    times = {name: [] for name in calls}
    for turn in range(turns + 1):
        for name, call in calls.items():
            used, start = processor_time(), time.perf_counter()
            call()
            if turn:
                times[name].append((time.perf_counter() - start, processor_time() - used))
    return {name: tuple(map(statistics.median, zip(*some))) for name, some in times.items()}


def show(title, times):
    print(f"\n{title}")
    first = next(iter(times.values()))
    for name, (wall, used) in times.items():
        print(f"  {name:44} {wall:7.2f} s {wall / first[0]:6.2f}   processor {used:6.2f} s {used / first[1]:6.2f}", flush=True)


def spark_times(folder, turns, scan):
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from flowcontainer.spark import CaptureSource
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    )  # fmt: skip
    spark.sparkContext.setLogLevel("ERROR")
    spark.dataSource.register(CaptureSource)
    out = os.path.join(os.path.dirname(folder.rstrip("/")), "spark-parquet")
    shutil.rmtree(out, ignore_errors=True)
    captures = spark.read.format("flowcontainer").load(folder)
    captures.write.parquet(out)
    parquet = spark.read.parquet(out)
    fewest = spark.read.format("flowcontainer").option("max_frames", "1").load(folder)
    calls = {
        "scan(jobs=2).to_arrow()": lambda: scan(folder, jobs=2).to_arrow(),
        "Spark: captures to noop": lambda: captures.write.format("noop").mode("overwrite").save(),
        "Spark: one frame of each capture to noop": lambda: fewest.write.format("noop").mode("overwrite").save(),
        "Spark: the same rows from Parquet to noop": lambda: parquet.write.format("noop").mode("overwrite").save(),
    }
    show("Spark, local[2], warm", in_turns(calls, turns))
    spark.stop()


def dask_times(folder, turns, scan):
    import dask.dataframe as dd
    import pandas as pd
    from flowcontainer.plain import part_table, plain_schema

    def frame(table):
        return table.to_pandas(types_mapper=pd.ArrowDtype)

    whole = scan(folder)
    flows = dd.from_map(lambda part: frame(part_table(part)), whole.partitions(), meta=frame(plain_schema(whole).empty_table()))
    rows = flows.map_partitions(len)
    calls = {
        f"Dask: {n} thread{'s' * (n > 1)}": lambda n=n: rows.compute(scheduler="threads", num_workers=n).sum() for n in (1, 2)
    }
    show("Dask over partitions()", in_turns(calls, turns))


def duckdb_times(folder, turns, scan):
    import duckdb
    import pyarrow

    found = sorted(glob.glob(os.path.join(HERE, "../build/release/*.duckdb_extension")))
    if not found:
        raise ImportError("build/release has no DuckDB extension (make build)")
    sql = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    sql.execute(f"load '{found[0]}'")

    def by_protocol(table):
        return sql.sql(f"select protocol, count(*), sum(list_sum(ip_lengths)) from {table} group by protocol").fetchall()

    def by_source(table):
        return sql.sql(f"select src, count(*), sum(ip_length) from {table} group by src").fetchall()

    def of_scan(query, level):
        rows = scan(folder, level=level)
        sql.register("rows", pyarrow.RecordBatchReader.from_stream(rows))
        return query("rows")

    calls = {
        "flows: a scan as a table": lambda: of_scan(by_protocol, "flows"),
        "flows: read_flows": lambda: by_protocol(f"read_flows('{folder}')"),
    }
    show("DuckDB, lists summed by protocol", in_turns(calls, turns))
    calls = {
        "packets: a scan as a table": lambda: of_scan(by_source, "packets"),
        "packets: read_packets": lambda: by_source(f"read_packets('{folder}')"),
    }
    show("DuckDB, packets by source", in_turns(calls, turns))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=["spark", "dask", "duckdb"], choices=["spark", "dask", "duckdb"])
    args = parser.parse_args()
    from flowcontainer import scan

    for name in args.only:
        try:
            globals()[f"{name}_times"](os.path.abspath(args.folder), args.turns, scan)
        except ImportError as error:
            print(f"\n{name} was not measured: {error}")


if __name__ == "__main__":
    main()

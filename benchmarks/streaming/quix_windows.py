"""Makes the same summaries with Quix Streams, as its documentation shows for tumbling windows, with its defaults (at-least-once).

Arguments: bootstrap servers, consumer group, input topic, output topic, state folder.
"""

import sys
from datetime import datetime

import quixstreams.dataframe.windows.aggregations as agg
from quixstreams import Application

servers, group, input_topic, output_topic, state = sys.argv[1:]

app = Application(
    broker_address=servers,
    consumer_group=group,
    auto_offset_reset="earliest",
    state_dir=state,
    loglevel="WARNING",
)
readings = app.topic(
    input_topic,
    value_deserializer="json",
    timestamp_extractor=lambda value, headers, timestamp, kind: int(
        datetime.fromisoformat(value["ts"]).timestamp() * 1000
    ),
)
summaries = app.topic(output_topic, value_serializer="json")

stream = app.dataframe(readings)
stream = (
    stream.tumbling_window(duration_ms=10_000, grace_ms=1_000)
    .agg(count=agg.Count(), min=agg.Min("value"), max=agg.Max("value"), mean=agg.Mean("value"))
    # By default a sensor's window waits for the next reading of the same sensor.
    .final(closing_strategy="partition")
)
stream = stream.apply(
    lambda window: {
        "time": window["end"],
        "temperature": {name: window[name] for name in ("count", "min", "max", "mean")},
    }
)
stream.to_topic(summaries)

app.run()

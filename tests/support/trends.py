"""Trends counted over plain events: slow, simple, and by no line of the product's.

Follows spec sections 1.3 (dates), 2.2 (counting, breakdowns) and 3.1 of the insights text.
"""
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from support.demo import text_of

NULL, OTHER = "$$_posthog_breakdown_null_$$", "$$_posthog_breakdown_other_$$"
SAID = {NULL: "None (i.e. no value)", OTHER: "Other (i.e. all remaining values)"}
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
LIMIT = 25


def bucket_of(at, interval, week_start):
    """The start of the bucket that holds a local moment, without its zone."""
    day = datetime.combine(at.date(), time())
    if interval == "hour":
        return day + timedelta(hours=at.hour)
    if interval == "week":
        back = day.weekday() if week_start == 1 else (day.weekday() + 1) % 7
        return day - timedelta(days=back)
    if interval == "month":
        return day.replace(day=1)
    return day


def after(bucket, interval):
    if interval == "month":
        return (bucket.replace(day=28) + timedelta(days=4)).replace(day=1)
    return bucket + {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}[interval]


def label_of(bucket, interval):
    if interval == "hour":
        return f"{bucket.day}-{MONTHS[bucket.month - 1]} {bucket.hour:02d}:00"
    if interval == "month":
        return f"{MONTHS[bucket.month - 1]} {bucket.year}"
    return f"{bucket.day}-{MONTHS[bucket.month - 1]}-{bucket.year}"


def matches(event, filters):
    for wanted in filters:
        value = text_of(event.properties.get(wanted["key"]))
        operator = wanted.get("operator", "exact")
        if operator == "is_set" and value is None:
            return False
        if operator == "exact":
            values = wanted["value"] if isinstance(wanted["value"], list) else [wanted["value"]]
            if value not in [text_of(v) for v in values]:
                return False
    return True


class Trends:
    """Absolute dates only: first and last are days of the project's time zone, both whole."""

    def __init__(self, events, series, first, last, interval="day", zone="UTC", week_start=0, filters=(), breakdown=None):
        self.interval, self.breakdown = interval, breakdown
        tz = ZoneInfo(zone)
        start, end = date.fromisoformat(first), date.fromisoformat(last)
        self.buckets = []
        at = bucket_of(datetime.combine(start, time()), interval, week_start)
        while at.date() <= end:
            self.buckets.append(at)
            at = after(at, interval)
        place = {bucket: i for i, bucket in enumerate(self.buckets)}
        self.rows = []
        for number, one in enumerate(series):
            found = defaultdict(lambda: [[] for _ in self.buckets])
            for event in events:
                if one["event"] is not None and event.name != one["event"]:
                    continue
                local = event.at.astimezone(tz)
                if not (self.buckets[0].date() <= local.date() <= end):
                    continue
                if not matches(event, filters) or not matches(event, one.get("properties", ())):
                    continue
                value = (text_of(event.properties.get(breakdown)) or NULL) if breakdown else None
                found[value][place[bucket_of(local, interval, week_start)]].append(event.distinct_id)
            math = one.get("math", "total")
            counted = {value: [float(len(set(ids)) if math == "dau" else len(ids)) for ids in lists]
                       for value, lists in found.items()}
            if not breakdown:
                counted = {None: counted.get(None, [0.0] * len(self.buckets))}
            name = one.get("custom_name") or one.get("name") or one["event"] or "All events"
            several = len(series) > 1
            for value, data in self.ranked(counted):
                self.rows.append({"name": name, "value": value, "data": data, "order": number,
                                  "label": name if value is None else f"{name} - {SAID.get(value, value)}" if several
                                  else SAID.get(value, value)})

    @staticmethod
    def ranked(counted):
        order = sorted(counted.items(), key=lambda item: (-sum(item[1]), item[0] or ""))
        kept, rest = order[:LIMIT], order[LIMIT:]
        kept.sort(key=lambda item: item[0] == NULL)
        if rest:
            kept.append((OTHER, [sum(values) for values in zip(*(data for _, data in rest))]))
        return kept

    def table(self, breakdown_column=True):
        """Header and rows of the CSV."""
        labels = [label_of(bucket, self.interval) for bucket in self.buckets]
        if self.breakdown and breakdown_column:
            return [["series", self.breakdown, *labels],
                    *[[row["name"], SAID.get(row["value"], row["value"]), *row["data"]] for row in self.rows]]
        return [["series", *labels], *[[row["label"], *row["data"]] for row in self.rows]]

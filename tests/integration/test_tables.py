"""CSV exports, byte for byte against the same events counted again by other code."""
import unittest

from support import demo, shared
from support.demo import csv_bytes
from support.trends import Trends


def node(event, **more):
    return {"kind": "EventsNode", "event": event, **more}


def trends(series, first, last, interval="day", **more):
    return {"kind": "TrendsQuery", "series": series, "interval": interval,
            "dateRange": {"date_from": first, "date_to": last}, **more}


class Tables(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.client = cls.stack.client()
        cls.events = demo.events()

    def exported(self, value, client=None):
        client = client or self.client
        answer = client.create({"export_format": "text/csv", **value})
        self.assertEqual(answer.status, 201, answer)
        shown = self.stack.wait_for_end(client, answer.json["id"])
        self.assertIs(shown["has_content"], True, shown)
        return client.content(shown["id"]).body

    def same(self, got, table):
        expected = csv_bytes(table)
        if got != expected:
            for number, (a, b) in enumerate(zip(got.split(b"\r\n"), expected.split(b"\r\n"))):
                self.assertEqual(a, b, f"line {number + 1}")
        self.assertEqual(got, expected)

    def counted_alike(self, series, first, last, interval="day", filters=(), breakdown=None):
        query = trends(series, first, last, interval)
        if filters:
            query["properties"] = list(filters)
        if breakdown:
            query["breakdownFilter"] = {"breakdown": breakdown, "breakdown_type": "event"}
        want = Trends(self.events, series, first, last, interval, filters=filters, breakdown=breakdown).table()
        self.same(self.exported({"export_context": {"source": query}}), want)

    def test_one_series_by_day(self):
        self.counted_alike([node("commit")], "2024-01-01", "2024-02-29")

    def test_people_by_day(self):
        self.counted_alike([node("commit", math="dau")], "2023-11-15", "2023-12-15")

    def test_two_series_by_month(self):
        self.counted_alike([node("commit"), node("tests changed", math="dau")], "2019-03-01", "2024-02-29", "month")

    def test_every_event_by_month(self):
        query = trends([node(None)], "2020-01-01", "2020-12-31", "month")
        want = Trends(self.events, [node(None)], "2020-01-01", "2020-12-31", "month").table()
        got = self.exported({"export_context": {"source": query}})
        self.assertEqual(got.split(b"\r\n")[0], csv_bytes(want[:1]).rstrip())
        self.assertEqual(got.split(b"\r\n")[1].split(b",")[1:], csv_bytes(want[1:]).rstrip().split(b",")[1:])

    def test_by_hour(self):
        self.counted_alike([node("commit")], "2024-01-10", "2024-01-12", "hour")

    def test_by_week(self):
        query = trends([node("commit")], "2023-01-01", "2023-12-30", "week")
        want = Trends(self.events, [node("commit")], "2023-01-01", "2023-12-30", "week").table()
        got = self.exported({"export_context": {"source": query}}).split(b"\r\n")
        self.assertEqual(got[1], csv_bytes(want[1:]).rstrip())

    def test_filters(self):
        self.counted_alike([node("commit")], "2022-01-01", "2022-12-31", "month",
                           filters=[{"key": "project", "value": ["redis"], "operator": "exact", "type": "event"}])
        self.counted_alike([node("commit")], "2022-01-01", "2022-12-31", "month",
                           filters=[{"key": "is_fix", "value": ["true"], "operator": "exact", "type": "event"},
                                    {"key": "subsystem", "operator": "is_set", "value": "is_set", "type": "event"}])
        self.counted_alike([node("commit", properties=[{"key": "project", "value": "redis", "operator": "exact",
                                                        "type": "event"}]), node("commit")],
                           "2022-01-01", "2022-06-30", "month")

    def test_a_breakdown_of_few_values(self):
        self.counted_alike([node("commit")], "2022-01-01", "2022-12-31", "month", breakdown="project")

    def test_a_breakdown_of_more_than_25_values(self):
        self.counted_alike([node("commit")], "2015-01-01", "2019-12-31", "month", breakdown="subsystem")

    def test_a_breakdown_by_a_property_nobody_has(self):
        self.counted_alike([node("commit")], "2024-01-01", "2024-01-07", breakdown="no such property")

    def test_a_wrapped_query_has_no_breakdown_column(self):
        query = trends([node("commit")], "2022-01-01", "2022-12-31", "month",
                       breakdownFilter={"breakdown": "project", "breakdown_type": "event"})
        want = Trends(self.events, [node("commit")], "2022-01-01", "2022-12-31", "month", breakdown="project")
        self.same(self.exported({"export_context": {"source": {"kind": "InsightVizNode", "source": query}}}),
                  want.table(breakdown_column=False))

    def test_the_time_zone_of_the_project(self):
        self.stack.load_demo(project=2)
        client = self.stack.client(project=2)
        query = trends([node("commit")], "2023-03-20", "2023-04-02", "day")
        got = self.exported({"export_context": {"source": query}}, client)
        self.same(got, Trends(self.events, [node("commit")], "2023-03-20", "2023-04-02", zone="Europe/Berlin").table())
        # The hours of the night when clocks go forward.
        query = trends([node("commit")], "2023-03-25", "2023-03-27", "day")
        self.same(self.exported({"export_context": {"source": query}}, client),
                  Trends(self.events, [node("commit")], "2023-03-25", "2023-03-27", zone="Europe/Berlin").table())

    def test_a_bare_insight(self):
        query = trends([node("commit", custom_name="Commits, all")], "2024-01-01", "2024-01-31")
        insight = self.stack.add_insight({"kind": "InsightVizNode", "source": query}, "Bare")
        got = self.exported({"insight": insight}).split(b"\r\n")
        want = Trends(self.events, [node("commit")], "2024-01-01", "2024-01-31").table()
        self.assertEqual(got[0], csv_bytes([["series", "custom name", *want[0][1:]]]).rstrip())
        self.assertEqual(got[1].split(b",")[-31:], csv_bytes([want[1][1:]]).rstrip().split(b","))

    def test_a_total_is_one_column(self):
        query = trends([node("commit")], "2022-01-01", "2022-12-31", trendsFilter={"display": "BoldNumber"})
        total = sum(Trends(self.events, [node("commit")], "2022-01-01", "2022-12-31").rows[0]["data"])
        self.same(self.exported({"export_context": {"source": query}}), [["series", "Total Sum"], ["commit", total]])

    def test_columns_are_chosen_and_ordered(self):
        query = trends([node("commit")], "2024-01-01", "2024-01-03")
        data = Trends(self.events, [node("commit")], "2024-01-01", "2024-01-03").rows[0]["data"]
        self.same(self.exported({"export_context": {"source": query, "columns": ["3-Jan-2024", "nothing", "series"]}}),
                  [["3-Jan-2024", "nothing", "series"], [data[2], "", "commit"]])


class Stored(unittest.TestCase):
    """Stored results of any kind, by the rules of 3.3.5 to 3.3.7."""

    def check(self, result, expected, **context):
        stack = shared.stack()
        client = stack.client()
        insight = stack.add_insight(trends([node("commit")], "2024-01-01", "2024-01-02"), "Stored", result=result)
        value = {"export_format": "text/csv", "insight": insight}
        if context:
            value["export_context"] = context
        answer = client.create(value)
        shown = stack.wait_for_end(client, answer.json["id"])
        self.assertIs(shown["has_content"], True, shown)
        self.assertEqual(client.content(shown["id"]).body.decode(), expected)

    def test_stored_trends(self):
        self.check({"results": [{"label": "$pageview", "data": [10, 14.0, 1e16], "labels": ["a", "b", "c"], "count": 24}]},
                   "series,a,b,c\r\n$pageview,10,14.0,1e+16\r\n")

    def test_stored_funnel(self):
        self.check([{"action_id": "$pageview", "name": "Viewed", "custom_name": None, "count": 100, "order": 0,
                     "median_conversion_time": None, "average_conversion_time": None},
                    {"action_id": "sign_up", "name": "Signed", "custom_name": "Signed up", "count": 46, "order": 1,
                     "median_conversion_time": 180.0, "average_conversion_time": 512.4}],
                   "name,breakdown_value,action_id,count,median_conversion_time (seconds),average_conversion_time (seconds)\r\n"
                   "$pageview,,$pageview,100,,\r\nSigned up,,sign_up,46,180.0,512.4\r\n")

    def test_stored_retention(self):
        self.check({"results": [{"label": "Day 0", "date": "2024-01-01T00:00:00Z",
                                 "values": [{"count": 100, "label": "Day 0"}, {"count": 40, "label": "Day 1"}]},
                                {"label": "Day 1", "date": "2024-01-02T00:00:00Z", "values": [{"count": 80, "label": "Day 0"}]}]},
                   "cohort,cohort size,Day 0,Day 1\r\n2024-01-01T00:00:00Z,100,100,40\r\n2024-01-02T00:00:00Z,80,80,\r\n")

    def test_stored_table(self):
        self.check({"columns": ["day", "n", "b", "o"], "types": ["x"], "results": [
            ["2024-01-01", 12, True, {"a": 1, "e": [], "l": [1, 2]}], ["=1+1", -12, None, None], ["say \"x\", y", 0.1, False, {}]]},
            "day,n,b,o.a,o.l.0,o.l.1,o\r\n2024-01-01,12,True,1,1,2,\r\n'=1+1,-12,,,,,\r\n\"say \"\"x\"\", y\",0.1,False,,,,\r\n")

    def test_stored_bins(self):
        self.check({"results": {"bins": [[0, 12], [60, 7]], "average_conversion_time": 5.0}}, "bin,value\r\n0,12\r\n60,7\r\n")

    def test_stored_nothing(self):
        self.check({"results": []}, "error\r\nNo data available or unable to format for export.\r\n")
        self.check({"results": []}, "a,b\r\n,\r\n", columns=["a", "b"])
        self.check({"results": []}, "a\r\n\"\"\r\n", columns=["a"])

    def test_formulas_are_guarded(self):
        self.check({"results": [{"=a": "+1", "b": "@x", "c": "-12", "d": -12, "e": "\tx", "f": "a=b"}]},
                   "'=a,b,c,d,e,f\r\n'+1,'@x,'-12,-12,'\tx,a=b\r\n")

    def test_comparing_rows_share_the_current_labels(self):
        self.check([{"label": "p", "data": [10.0], "labels": ["1-Jan-2024"], "compare": True, "compare_label": "current"},
                    {"label": "p", "data": [9.0], "labels": ["31-Dec-2023"], "compare": True, "compare_label": "previous"}],
                   "series,1-Jan-2024\r\np - current,10.0\r\np - previous,9.0\r\n")

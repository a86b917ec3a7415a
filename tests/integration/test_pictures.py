"""PNG exports, by PNG's own specification."""
import unittest

from support import shared
from support.png import Png

TREND = {"kind": "TrendsQuery", "interval": "month", "series": [{"kind": "EventsNode", "event": "commit"}],
         "dateRange": {"date_from": "2020-01-01", "date_to": "2023-12-31"}}


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.client = cls.stack.client()
        cls.insight = cls.stack.add_insight(TREND, "Commits by month")

    def drawn(self, value):
        answer = self.client.create({"export_format": "image/png", **value})
        self.assertEqual(answer.status, 201, answer)
        shown = self.stack.wait_for_end(self.client, answer.json["id"])
        self.assertIs(shown["has_content"], True, shown)
        got = self.client.content(shown["id"])
        self.assertEqual(got.header("Content-Type"), "image/png")
        return shown, got.body

    def test_an_insight_is_1600_wide_and_says_what_it_is(self):
        shown, body = self.drawn({"insight": self.insight})
        picture = Png(body)
        self.assertEqual(picture.width, 1600)
        self.assertGreaterEqual(picture.height, 1200)
        self.assertEqual(picture.interlace, 0)
        # 2 device pixels to a CSS pixel of 1/96 inch: 192 dpi.
        self.assertEqual(picture.chunk("pHYs"), bytes.fromhex("00001d87 00001d87 01"))
        texts = " ".join(picture.texts.values())
        self.assertIn(str(shown["id"]), texts)
        self.assertIn("Commits by month", texts)
        self.assertIn(shown["created_at"][:10], texts)

    def test_something_is_drawn(self):
        _, body = self.drawn({"insight": self.insight})
        self.assertGreater(len(Png(body).colors()), 20)

    def test_a_dashboard_is_3840_wide_and_as_tall_as_its_tiles(self):
        other = self.stack.add_insight({**TREND, "trendsFilter": {"display": "BoldNumber"}}, "How many")
        table = self.stack.add_insight({**TREND, "trendsFilter": {"display": "ActionsTable"},
                                        "breakdownFilter": {"breakdown": "project", "breakdown_type": "event"}}, "Table")
        two = self.stack.add_dashboard("Two", [self.insight, other])
        four = self.stack.add_dashboard("Four", [self.insight, other, table,
                                                 self.stack.add_insight(TREND, "Again")], ["**bold** text"])
        _, small = self.drawn({"dashboard": two})
        _, large = self.drawn({"dashboard": four})
        small, large = Png(small), Png(large)
        self.assertEqual((small.width, large.width), (3840, 3840))
        # Five rows of 80 and their gaps of 16, twice as many pixels.
        self.assertGreaterEqual(large.height - small.height, 2 * 5 * 96)

    def test_an_insight_wins_over_a_dashboard(self):
        dashboard = self.stack.add_dashboard("Both", [self.insight])
        _, body = self.drawn({"dashboard": dashboard, "insight": self.insight})
        self.assertEqual(Png(body).width, 1600)

    def test_a_source_overrides_what_is_saved(self):
        _, saved = self.drawn({"insight": self.insight})
        _, other = self.drawn({"insight": self.insight, "export_context": {"source": {
            "kind": "InsightVizNode", "source": {**TREND, "trendsFilter": {"display": "ActionsBar"}}}}})
        self.assertNotEqual(Png(saved).chunk("IDAT"), Png(other).chunk("IDAT"))

    def test_a_query_alone_is_drawn(self):
        _, body = self.drawn({"export_context": {"source": {"kind": "InsightVizNode", "source": TREND}}})
        self.assertEqual(Png(body).width, 1600)

    def test_every_display_of_trends(self):
        for display in ("ActionsLineGraph", "ActionsBar", "ActionsBarValue", "BoldNumber", "ActionsTable"):
            with self.subTest(display):
                insight = self.stack.add_insight({**TREND, "trendsFilter": {"display": display}, "breakdownFilter": {
                    "breakdown": "project", "breakdown_type": "event"}} if display != "BoldNumber" else
                    {**TREND, "trendsFilter": {"display": display}}, display)
                self.assertEqual(Png(self.drawn({"insight": insight})[1]).width, 1600)

    def test_a_stored_result_is_drawn_as_it_stands(self):
        result = [{"label": "Stored", "data": [1.0, 2.0, 3.0], "count": 6.0, "labels": ["1-Jan-2024", "2-Jan-2024", "3-Jan-2024"],
                   "days": ["2024-01-01", "2024-01-02", "2024-01-03"], "action": {"id": "x", "name": "x"}}]
        insight = self.stack.add_insight(TREND, "Stored", result=result)
        self.assertEqual(Png(self.drawn({"insight": insight})[1]).width, 1600)

    def test_the_same_question_gives_the_same_pixels(self):
        _, one = self.drawn({"insight": self.insight})
        _, two = self.drawn({"insight": self.insight})
        pixels = [[body for kind, body in Png(data).chunks if kind == "IDAT"] for data in (one, two)]
        self.assertEqual(pixels[0], pixels[1])

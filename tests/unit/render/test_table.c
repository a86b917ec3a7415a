#include "render/render.h"
#include "render/table.h"

#include <csv.h>
#include <glib.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* JSON with ' for ", which reads better in C. */
static json_t *parse(const char *text)
{
	g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
	json_error_t error;
	json_t *value = json_loads(json, JSON_DECODE_ANY, &error);

	if (!value) {
		fail_msg("%s: %s", json, error.text);
	}
	return value;
}

static GString *csv_of(const json_t *result, const json_t *source, const json_t *context)
{
	struct fault f = {.kind = FAULT_NONE};
	GString *out = NULL;

	if (!render_table(result, source, context, format_named("csv"), &out, &f)) {
		fail_msg("%s", f.detail);
	}
	return out;
}

static void expect_csv(const char *result_text, const char *source_text, const char *columns_text,
	const char *wanted)
{
	json_t *result = parse(result_text);
	json_t *source = source_text ? parse(source_text) : NULL;
	json_t *context = columns_text ? json_pack("{s:o}", "columns", parse(columns_text)) : NULL;
	GString *csv = csv_of(result, source, context);
	g_auto(GStrv) lines = g_strsplit(wanted, "\n", -1);
	g_autofree char *crlf = g_strjoinv("\r\n", lines);

	assert_string_equal(csv->str, crlf);
	g_string_free(csv, TRUE);
	json_decref(result);
	json_decref(source);
	json_decref(context);
}

struct shape_case {
	const char *result, *source, *csv;
};

/* The examples of spec/insights.md 4 with the data of its section 3. */
static void every_kind_of_result_has_the_columns_of_its_kind(void **state)
{
	static const char browser[] =
		"{'kind':'TrendsQuery','breakdownFilter':{'breakdown':'$browser'}}";
	static const struct shape_case cases[] = {
		/* 3.1 */
		{"{'results':[{'action':{'id':'$pageview','name':'$pageview','custom_name':null},"
		 "'label':'$pageview','count':42.0,'data':[10.0,14.0,18.0],"
		 "'labels':['1-Jan-2024','2-Jan-2024','3-Jan-2024'],"
		 "'days':['2024-01-01','2024-01-02','2024-01-03'],'filter':{}}],'hasMore':false}",
			NULL,
			"series,1-Jan-2024,2-Jan-2024,3-Jan-2024\n"
			"$pageview,10.0,14.0,18.0\n"},
		/* 3.1 with compare: the previous row stands under the current dates */
		{"{'results':[{'label':'$pageview','compare':true,'compare_label':'current',"
		 "'data':[10.0,14.0,18.0],'labels':['1-Jan-2024','2-Jan-2024','3-Jan-2024']},"
		 "{'label':'$pageview','compare':true,'compare_label':'previous',"
		 "'data':[9.0,9.0,12.0],'labels':['29-Dec-2023','30-Dec-2023','31-Dec-2023']}]}",
			NULL,
			"series,1-Jan-2024,2-Jan-2024,3-Jan-2024\n"
			"$pageview - current,10.0,14.0,18.0\n"
			"$pageview - previous,9.0,9.0,12.0\n"},
		/* 3.1 with a breakdown */
		{"{'results':[{'action':{'name':'$pageview'},'label':'Chrome','breakdown_value':'Chrome',"
		 "'data':[7.0,9.0],'labels':['1-Jan-2024','2-Jan-2024']},"
		 "{'action':{'name':'$pageview'},'label':'n','breakdown_value':'$$_posthog_breakdown_null_$$',"
		 "'data':[1.0,0.0],'labels':['1-Jan-2024','2-Jan-2024']},"
		 "{'action':{'name':'$pageview'},'label':'o','breakdown_value':'$$_posthog_breakdown_other_$$',"
		 "'data':[2.0,5.0],'labels':['1-Jan-2024','2-Jan-2024']}]}",
			browser,
			"series,$browser,1-Jan-2024,2-Jan-2024\n"
			"$pageview,Chrome,7.0,9.0\n"
			"$pageview,None (i.e. no value),1.0,0.0\n"
			"$pageview,Other (i.e. all remaining values),2.0,5.0\n"},
		/* 3.2 */
		{"{'results':[{'action':{'name':'$pageview'},'label':'DE','breakdown_value':'DE',"
		 "'aggregated_value':120.0,'data':[],'count':0,'labels':[]},"
		 "{'action':{'name':'$pageview'},'label':'US','breakdown_value':'US',"
		 "'aggregated_value':300.0,'data':[],'count':0}]}",
			"{'breakdownFilter':{'breakdown':'$geoip_country_code'}}",
			"series,$geoip_country_code,Total Sum\n"
			"$pageview,DE,120.0\n"
			"$pageview,US,300.0\n"},
		/* 3.5 */
		{"{'results':[{'action_id':'$pageview','name':'$pageview','custom_name':null,'order':0,"
		 "'count':100,'average_conversion_time':null,'median_conversion_time':null},"
		 "{'action_id':'sign_up','name':'sign_up','custom_name':'Signed up','order':1,"
		 "'count':46,'average_conversion_time':512.4,'median_conversion_time':180.0}]}",
			NULL,
			"name,breakdown_value,action_id,count,median_conversion_time "
			"(seconds),average_conversion_time (seconds)\n"
			"$pageview,,$pageview,100,,\n"
			"Signed up,,sign_up,46,180.0,512.4\n"},
		/* 3.5 with a breakdown: groups one after another; the id where a name is missing */
		{"{'results':[[{'action_id':'a','name':'A','count':1,'breakdown_value':['Chrome','DE']}],"
		 "[{'action_id':5,'name':'A','count':2,'breakdown_value':'Safari'}]]}",
			NULL,
			"name,breakdown_value,action_id,count,median_conversion_time "
			"(seconds),average_conversion_time (seconds)\n"
			"a,Chrome::DE,a,1,,\n"
			"5,Safari,5,2,,\n"},
		/* 3.6 */
		{"{'results':[{'count':3,'data':[50.0,33.33,0.0],'labels':['1-Jan-2024','2-Jan-2024',"
		 "'3-Jan-2024'],'breakdown_value':null}]}",
			NULL,
			"series,1-Jan-2024,2-Jan-2024,3-Jan-2024\nSeries #1,50.0,33.33,0.0\n"},
		/* 3.7 */
		{"{'results':{'bins':[[0,12],[60,7],[120,3],[180,1]],'average_conversion_time':71.2}}",
			NULL, "bin,value\n0,12\n60,7\n120,3\n180,1\n"},
		/* 3.8 */
		{"{'results':[{'label':'Day 0','date':'2024-01-01T00:00:00Z','breakdown_value':null,"
		 "'values':[{'count':100,'label':'Day 0'},{'count':40,'label':'Day 1'},"
		 "{'count':25,'label':'Day 2'}]},"
		 "{'label':'Day 1','date':'2024-01-02T00:00:00Z','values':[{'count':80,'label':'Day 0'},"
		 "{'count':20,'label':'Day 1'},{'count':0,'label':'Day 2'}]}]}",
			NULL,
			"cohort,cohort size,Day 0,Day 1,Day 2\n"
			"2024-01-01T00:00:00Z,100,100,40,25\n"
			"2024-01-02T00:00:00Z,80,80,20,0\n"},
		/* retention without dates */
		{"{'result':[{'label':'All','values':[{'count':4,'label':'Day 0'},{'count':3}]},"
		 "{'label':'None','values':[]}]}",
			NULL, "cohort,cohort size,Period 0,Period 1\nAll,4,4,3\nNone,0,,\n"},
		/* retention people */
		{"{'result':[{'person':{'name':'Ada','id':1},'appearances':[1,0]}],"
		 "'filters':{'period':'Week'}}",
			NULL, "person,Week 0,Week 1\nAda,1,0\n"},
		{"{'result':[{'person':{'name':'Ada'},'appearances':[1]}]}", NULL,
			"person,Day 0\nAda,1\n"},
		/* 3.9, also one level down */
		{"{'results':[{'source':'1_/','target':'2_/pricing','value':30,"
		 "'average_conversion_time':42000.0},{'source':'2_/pricing','target':'3_/signup',"
		 "'value':12,'average_conversion_time':61000.0}]}",
			NULL,
			"source,target,value,average_conversion_time\n"
			"1_/,2_/pricing,30,42000.0\n"
			"2_/pricing,3_/signup,12,61000.0\n"},
		{"{'results':{'paths':[{'source':'1_/','target':'2_/x','value':30}]}}", NULL,
			"source,target,value\n1_/,2_/x,30\n"},
		/* 3.10 */
		{"{'results':[{'label':'$pageview','count':70,'data':[50,15,5],'days':[1,2,3],"
		 "'labels':['1 day','2 days','3 days']}]}",
			NULL, "series,1 day,2 days,3 days\n$pageview,50,15,5\n"},
		/* 3.11: numbers are no formulas */
		{"{'results':[{'label':'$pageview - new','status':'new','data':[5.0,2.0],"
		 "'labels':['1-Jan-2024','2-Jan-2024']},"
		 "{'label':'$pageview - dormant','status':'dormant','data':[-2.0,-4.0],"
		 "'labels':['1-Jan-2024','2-Jan-2024']}]}",
			NULL,
			"series,1-Jan-2024,2-Jan-2024\n"
			"$pageview - new,5.0,2.0\n"
			"$pageview - dormant,-2.0,-4.0\n"},
		/* 3.12 */
		{"{'columns':['day','n'],'types':[['day','Date'],['n','UInt64']],"
		 "'results':[['2024-01-01',12],['2024-01-02',15]],'hasMore':false}",
			NULL, "day,n\n2024-01-01,12\n2024-01-02,15\n"},
		/* an events query: * is an object, texts after -- are names */
		{"{'columns':['*','event','coalesce(a, b) -- Url / Screen','properties.$lib'],"
		 "'types':['Tuple','String','String','String'],"
		 "'results':[[{'uuid':'u1','event':'e'},'e','/x','web']]}",
			NULL,
			"*.uuid,*.event,event,Url / Screen,properties.$lib\n"
			"u1,e,e,/x,web\n"},
		/* tables without names, and without types */
		{"{'types':['a'],'results':[[1,2],[3]]}", NULL, "column_0,column_1\n1,2\n3,\n"},
		{"{'columns':['a'],'results':[[1,2]]}", NULL, "a,column_1\n1,2\n"},
		/* people, whether inside or as they are */
		{"{'results':[{'people':[{'id':1,'properties':{'email':'a@b'}},{'id':2}],'count':2}]}",
			NULL, "id,properties.email\n1,a@b\n2,\n"},
		{"[{'id':1,'tags':['x','y']}]", NULL, "id,tags.0,tags.1\n1,x,y\n"},
		/* an object that is none of these */
		{"{'results':{'a':1,'b':2}}", NULL, "\"\"\na\nb\n"},
		/* custom names, and no label at all */
		{"{'result':[{'action':{'name':'x','custom_name':'Visits'},'label':'x','data':[1],"
		 "'labels':['1-Jan']},{'data':[2],'labels':['1-Jan']}]}",
			NULL, "series,custom name,1-Jan\nx,Visits,1\nSeries #2,,2\n"},
		/* more data than labels, and less */
		{"[{'label':'a','data':[1,2,3],'labels':['x','y']},{'label':'b','data':[1],"
		 "'labels':['x','y']}]",
			NULL, "series,x,y\na,1,2\nb,1,\n"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		expect_csv(cases[i].result, cases[i].source, NULL, cases[i].csv);
	}
}

static void breakdown_columns_come_from_the_source_itself(void **state)
{
	static const char one[] =
		"{'results':[{'action':{'name':'e'},'label':'Chrome','breakdown_value':"
		"'Chrome','data':[7],'labels':['d']}]}";
	static const char two[] = "{'results':[{'action':{'name':'e'},'label':'Chrome::DE',"
				  "'breakdown_value':['Chrome',null],'data':[7],'labels':['d']}]}";

	(void)state;
	expect_csv(one, NULL, NULL, "series,d\nChrome,7\n");
	expect_csv(one, "{'breakdownFilter':{'breakdown':'b'}}", NULL, "series,b,d\ne,Chrome,7\n");
	expect_csv(one, "{'breakdownFilter':{'breakdown':[1,2]}}", NULL,
		"series,\"1, 2\",d\ne,Chrome,7\n");
	/* A wrapper hides the filter, as the original does. */
	expect_csv(one, "{'source':{'breakdownFilter':{'breakdown':'b'}}}", NULL,
		"series,d\nChrome,7\n");
	expect_csv(two, "{'breakdownFilter':{'breakdowns':[{'property':'b'},{'property':'c'}]}}",
		NULL, "series,b,c,d\ne,Chrome,,7\n");
}

static void columns_are_found_in_all_rows_and_grouped(void **state)
{
	(void)state;
	/* c.y first seen in row 2 stands with c.x, before what row 1 had after it. */
	expect_csv("[{'a':1,'c':{'x':1},'b':2},{'c':{'y':2},'z':3,'a':4}]", NULL, NULL,
		"a,c.x,c.y,b,z\n1,1,,2,\n4,,2,,3\n");
	/* What is empty has no column; null has one. */
	expect_csv(
		"[{'a':1,'e':{},'l':[],'n':null,'d':{'deep':{'er':[]}}}]", NULL, NULL, "a,n\n1,\n");
	/* Null first, nested later. */
	expect_csv("[{'p':null,'q':1},{'p':{'x':2}}]", NULL, NULL, "p,p.x,q\n,,1\n,2,\n");
	expect_csv("[{'a.b':1,'c':2,'a':{'b':3}}]", NULL, NULL, "a.b,c\n3,2\n");
}

static void asked_columns_select_and_order(void **state)
{
	static const char rows[] =
		"[{'id':1,'person':{'name':'Ada','properties':{'email':'a@b'}},'x':true},"
		"{'id':2,'person':{'properties':{'plan':'pro'}},'x':false}]";

	(void)state;
	expect_csv(rows, NULL, "['x','id']", "x,id\nTrue,1\nFalse,2\n");
	expect_csv(rows, NULL, "['person','id']",
		"person.name,person.properties.email,person.properties.plan,id\n"
		"Ada,a@b,,1\n,,pro,2\n");
	expect_csv(rows, NULL, "['person.properties']",
		"person.properties.email,person.properties.plan\na@b,\n,pro\n");
	/* A name that nothing has is a column all the same. */
	expect_csv(rows, NULL, "['no such','id','nor=this']", "no such,id,nor=this\n,1,\n,2,\n");
	expect_csv(rows, NULL, "['id','id']", "id,id\n1,1\n2,2\n");
	expect_csv(rows, NULL, "[]",
		"id,person.name,person.properties.email,person.properties.plan,x\n"
		"1,Ada,a@b,,True\n2,,,pro,False\n");
	/* Both the bare column and what is below it. */
	expect_csv("[{'p':null},{'p':{'x':2}}]", NULL, "['p']", "p.x,p\n,\n2,\n");
}

static void an_empty_result_is_a_file_that_says_so(void **state)
{
	static const char *const empty[] = {"{'results':[]}", "{'results':{}}", "{}", "[]", "null",
		"{'results':null}", "{'results':[null]}", "{'results':[{}]}",
		"{'results':[{'a':{}}]}", "{'results':[{'people':[],'count':0}]}",
		"{'columns':['a'],'types':['x'],'results':[]}"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(empty); i++) {
		expect_csv(empty[i], NULL, NULL,
			"error\nNo data available or unable to format for export.\n");
	}
	expect_csv("{'results':[]}", NULL, "['a','b']", "a,b\n,\n");
	expect_csv("{'results':[]}", NULL, "['a']", "a\n\"\"\n");
}

static void bytes_are_those_of_the_original(void **state)
{
	static const struct {
		const char *json, *cell;
	} cases[] = {
		{"1", "1"},
		{"-12", "-12"},
		{"9223372036854775807", "9223372036854775807"},
		{"1.0", "1.0"},
		{"100.0", "100.0"},
		{"-33.8715", "-33.8715"},
		{"1e16", "1e+16"},
		{"1e-5", "1e-05"},
		{"0.1", "0.1"},
		{"123456789012345.6", "123456789012345.6"},
		{"true", "True"},
		{"false", "False"},
		{"null", "\"\""},
		{"\"\"", "\"\""},
		{"\"plain\"", "plain"},
		{"\"two words; and more\"", "two words; and more"},
		{"\"a,b\"", "\"a,b\""},
		{"\"say \\\"hi\\\"\"", "\"say \"\"hi\"\"\""},
		{"\"line\\nbreak\"", "\"line\nbreak\""},
		{"\"car\\rriage\"", "\"car\rriage\""},
		{"\" spaced \"", " spaced "},
		{"\"=1+1\"", "'=1+1"},
		{"\"+44 1\"", "'+44 1"},
		{"\"-12\"", "'-12"},
		{"\"@x\"", "'@x"},
		{"\"\\tx\"", "'\tx"},
		{"\"\\rx\"", "\"'\rx\""},
		{"\"=a,b\"", "\"'=a,b\""},
		{"\"a=b\"", "a=b"},
		{"\"2022-06-01 12:00:00+00:00\"", "2022-06-01 12:00:00+00:00"},
		{"\"naïve 東京 🏔\"", "naïve 東京 🏔"},
		{"\"\\u0001=SUM\"", "\001=SUM"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf("[{\"c\":%s}]", cases[i].json);
		g_autofree char *wanted = g_strdup_printf("c\r\n%s\r\n", cases[i].cell);
		json_t *result = json_loads(text, 0, NULL);
		GString *csv = csv_of(result, NULL, NULL);

		assert_string_equal(csv->str, wanted);
		g_string_free(csv, TRUE);
		json_decref(result);
	}
}

static void headers_are_guarded_and_quoted_too(void **state)
{
	json_t *result = json_loads("[{\"=x\":1,\"a,b\":2,\"q\\\"\":3}]", 0, NULL);
	GString *csv = csv_of(result, NULL, NULL);

	(void)state;
	assert_string_equal(csv->str, "'=x,\"a,b\",\"q\"\"\"\r\n1,2,3\r\n");
	g_string_free(csv, TRUE);
	json_decref(result);
}

static void of_many_ids_ten_and_their_number_are_kept(void **state)
{
	(void)state;
	expect_csv(
		"{'columns':['n','person'],'types':['a','b'],'results':[[1,{'name':'Ada','distinct_ids':"
		"['a','b','c','d','e','f','g','h','i','j','k','l']}]]}",
		NULL, "['n','distinct_ids.total','person']",
		"n,distinct_ids.total,person.name,person.distinct_ids.0,person.distinct_ids.1,"
		"person.distinct_ids.2,person.distinct_ids.3,person.distinct_ids.4,"
		"person.distinct_ids.5,person.distinct_ids.6,person.distinct_ids.7,"
		"person.distinct_ids.8,person.distinct_ids.9\n"
		"1,Note: 12 distinct_ids in total,Ada,a,b,c,d,e,f,g,h,i,j\n");
}

static void expect_fault(const char *result_text, const char *context_text, const char *format,
	enum fault_kind kind, const char *says)
{
	struct fault f = {.kind = FAULT_NONE};
	json_t *result = parse(result_text);
	json_t *context = parse(context_text);
	GString *out = NULL;

	if (render_table(result, NULL, context, format_named(format), &out, &f) || f.kind != kind ||
		!strstr(f.detail, says)) {
		fail_msg("%s: \"%s\" does not say \"%s\"", result_text, f.detail, says);
	}
	assert_null(out);
	json_decref(result);
	json_decref(context);
}

static void what_is_no_table_is_a_fault_that_says_where(void **state)
{
	(void)state;
	expect_fault("{'results':5}", "{}", "csv", FAULT_CORRUPT, "results");
	expect_fault(
		"{'types':['a'],'results':[[1],{}]}", "{}", "csv", FAULT_CORRUPT, "results[1]");
	expect_fault("[{'action_id':'a'},5]", "{}", "csv", FAULT_CORRUPT, "results[1]");
	expect_fault("[[{'action_id':'a'},5]]", "{}", "csv", FAULT_CORRUPT, "results[0]");
	expect_fault("[{'data':[1],'labels':['a']},[]]", "{}", "csv", FAULT_CORRUPT, "results[1]");
	expect_fault(
		"[{'data':[1],'labels':[{}]}]", "{}", "csv", FAULT_CORRUPT, "results[0].labels[0]");
	expect_fault("[{'values':[],'label':'x'},7]", "{}", "csv", FAULT_CORRUPT, "results[1]");
	expect_fault("[{'people':5,'count':1}]", "{}", "csv", FAULT_CORRUPT, "people");
	expect_fault("{'results':{'bins':[5]}}", "{}", "csv", FAULT_CORRUPT, "bins[0]");
	expect_fault("[{'a':1}]", "{'columns':[5]}", "csv", FAULT_INPUT, "columns[0]");
	expect_fault("[{'a':1}]", "{}", "xlsx", FAULT_UNSUPPORTED, "xlsx");
	expect_fault("[{'a':1}]", "{}", "png", FAULT_UNSUPPORTED, "png");
}

static void a_table_past_its_budget_names_the_limit(void **state)
{
	GString *text = g_string_new("[");

	(void)state;
	/* Every row brings a column of its own: 8,000 rows would be 64 million cells. */
	for (int i = 0; i < 8000; i++) {
		g_string_append_printf(text, "%s{'c%d':1}", i > 0 ? "," : "", i);
	}
	g_string_append_c(text, ']');
	expect_fault(text->str, "{}", "csv", FAULT_TOO_LARGE, "limit of 50000000 cells");
	g_string_free(text, TRUE);
}

/* ---- random tables, read back by libcsv */

enum { TABLES = 60, MOST_ROWS = 120, MOST_COLUMNS = 12, LEAST_CELLS = 20000 };

static char *random_text(GRand *random)
{
	static const char *const pieces[] = {"a", "Z", " ", ",", "\"", "\n", "\r", "\r\n", "=", "+",
		"-", "@", "\t", ";", "'", "é", "東", "🏔", "0", "\"\"", ".", "\\"};
	GString *text = g_string_new(NULL);
	int length = g_rand_int_range(random, 0, 12);

	for (int i = 0; i < length; i++) {
		g_string_append(text, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
	}
	return g_string_free(text, FALSE);
}

static json_t *random_value(GRand *random)
{
	g_autofree char *text = NULL;

	switch (g_rand_int_range(random, 0, 8)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(g_rand_boolean(random));
	case 2:
		return json_integer(
			(json_int_t)g_rand_int(random) * g_rand_int_range(random, -9999, 9999));
	case 3:
		return json_real(g_rand_double_range(random, -1, 1) *
				 pow(10, g_rand_double_range(random, -300, 300)));
	case 4:
		return json_real(g_rand_int_range(random, -100000, 100000) / 100.0);
	default:
		text = random_text(random);
		return json_string(text);
	}
}

static bool is_guarded(const char *text)
{
	return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

struct reading {
	const json_t *rows; /* lists of values */
	const json_t *header; /* a list of texts */
	size_t row, column, compared;
};

static void compare_cell(const json_t *value, const char *field, size_t length)
{
	g_autofree char *read = g_strndup(field ? field : "", length);

	assert_int_equal(strlen(read), length);
	if (json_is_string(value)) {
		const char *text = json_string_value(value);

		if (is_guarded(text)) {
			assert_int_equal(read[0], '\'');
		}
		assert_string_equal(is_guarded(text) ? read + 1 : read, text);
	} else if (json_is_integer(value)) {
		assert_true(g_ascii_strtoll(read, NULL, 10) == json_integer_value(value));
	} else if (json_is_real(value)) {
		assert_true(g_ascii_strtod(read, NULL) == json_real_value(value));
		assert_non_null(strpbrk(read, ".e"));
	} else if (json_is_boolean(value)) {
		assert_string_equal(read, json_is_true(value) ? "True" : "False");
	} else {
		assert_string_equal(read, "");
	}
}

static void on_cell(void *field, size_t length, void *data)
{
	struct reading *in = data;
	const json_t *row = in->row == 0 ? in->header : json_array_get(in->rows, in->row - 1);

	compare_cell(json_array_get(row, in->column), field, length);
	in->column++;
	in->compared++;
}

static void on_row(int end, void *data)
{
	struct reading *in = data;

	(void)end;
	assert_int_equal(in->column, json_array_size(in->header));
	in->row++;
	in->column = 0;
}

/* To libcsv a space at the edge of a field is none of it; to our readers it is. */
static int is_space(unsigned char c)
{
	(void)c;
	return 0;
}

static void read_back(const GString *csv, struct reading *in)
{
	struct csv_parser parser;

	assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL), 0);
	csv_set_space_func(&parser, is_space);
	assert_int_equal(csv_parse(&parser, csv->str, csv->len, on_cell, on_row, in), csv->len);
	assert_int_equal(csv_fini(&parser, on_cell, on_row, in), 0);
	csv_free(&parser);
	assert_int_equal(in->row, json_array_size(in->rows) + 1);
}

static size_t check_random_table(GRand *random)
{
	int columns = g_rand_int_range(random, 1, MOST_COLUMNS + 1);
	int rows = g_rand_int_range(random, 1, MOST_ROWS + 1);
	json_t *list = json_array();
	json_t *names = json_array();
	json_t *types = json_array();
	struct reading in = {.rows = list, .header = names};
	json_t *result;
	GString *csv;

	for (int c = 0; c < columns; c++) {
		g_autofree char *head = random_text(random);
		/* A number keeps names apart; a text before -- would be a comment. */
		g_autofree char *name = g_strdup_printf("%s#%d", head, c);

		if (strstr(name, "--") || strchr(name, '.')) {
			g_free(name);
			name = g_strdup_printf("column %d", c);
		}
		json_array_append_new(names, json_string(name));
		json_array_append_new(types, json_string("String"));
	}
	for (int r = 0; r < rows; r++) {
		json_t *row = json_array();

		for (int c = 0; c < columns; c++) {
			json_array_append_new(row, random_value(random));
		}
		json_array_append_new(list, row);
	}
	result = json_pack("{s:O,s:O,s:O}", "columns", names, "types", types, "results", list);
	csv = csv_of(result, NULL, NULL);
	read_back(csv, &in);
	g_string_free(csv, TRUE);
	json_decref(result);
	json_decref(list);
	json_decref(names);
	json_decref(types);
	return in.compared;
}

static void random_tables_read_back_cell_by_cell(void **state)
{
	const char *given = getenv("PLATEN_TEST_SEED");
	guint32 seed = given ? (guint32)g_ascii_strtoull(given, NULL, 10) : 20240614;
	g_autoptr(GRand) random = g_rand_new_with_seed(seed);
	size_t compared = 0;

	(void)state;
	print_message("seed %u (PLATEN_TEST_SEED sets another)\n", seed);
	for (int i = 0; i < TABLES || compared < LEAST_CELLS; i++) {
		compared += check_random_table(random);
	}
	print_message("%zu cells compared\n", compared);
}

static void a_long_table_takes_time_in_proportion(void **state)
{
	json_t *list = json_array();
	json_t *result;
	GString *csv;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		json_array_append_new(list, json_pack("[i,s,f]", i, "text", i / 7.0));
	}
	result = json_pack(
		"{s:[s,s,s],s:[s],s:o}", "columns", "a", "b", "c", "types", "x", "results", list);
	csv = csv_of(result, NULL, NULL);
	assert_true(csv->len > 100000);
	g_string_free(csv, TRUE);
	json_decref(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_result_has_the_columns_of_its_kind),
		cmocka_unit_test(breakdown_columns_come_from_the_source_itself),
		cmocka_unit_test(columns_are_found_in_all_rows_and_grouped),
		cmocka_unit_test(asked_columns_select_and_order),
		cmocka_unit_test(an_empty_result_is_a_file_that_says_so),
		cmocka_unit_test(bytes_are_those_of_the_original),
		cmocka_unit_test(headers_are_guarded_and_quoted_too),
		cmocka_unit_test(of_many_ids_ten_and_their_number_are_kept),
		cmocka_unit_test(what_is_no_table_is_a_fault_that_says_where),
		cmocka_unit_test(a_table_past_its_budget_names_the_limit),
		cmocka_unit_test(random_tables_read_back_cell_by_cell),
		cmocka_unit_test(a_long_table_takes_time_in_proportion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

house_fuzz(body SOURCES fuzz_body.c MAY_USE api_core)

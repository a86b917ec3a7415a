house_fuzz(body SOURCES fuzz_body.c MAY_USE api_core)
house_fuzz(request SOURCES fuzz_request.c MAY_USE api_core)

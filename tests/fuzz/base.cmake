house_fuzz(json SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_json.c MAY_USE base)

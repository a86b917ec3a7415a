house_fuzz(hogql SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_hogql.c MAY_USE insight)
house_fuzz(query SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_query.c MAY_USE insight)

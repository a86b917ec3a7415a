house_fuzz(document SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_document.c MAY_USE render)
house_fuzz(result SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_result.c MAY_USE render)

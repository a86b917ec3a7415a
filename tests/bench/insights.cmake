# bin/insight_bench: the common kinds of queries over many events.
add_executable(insight_bench ${CMAKE_CURRENT_LIST_DIR}/insight_bench.c)
target_include_directories(insight_bench PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(insight_bench PRIVATE house_rules insight pg)

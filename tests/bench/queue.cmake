# bin/queue_bench: what one Redis core can hand out.
add_executable(queue_bench ${CMAKE_CURRENT_LIST_DIR}/queue_bench.c)
target_include_directories(queue_bench PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(queue_bench PRIVATE house_rules queue)

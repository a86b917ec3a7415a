# bin/render_bench: what drawing and encoding a picture costs.
add_executable(render_bench ${CMAKE_CURRENT_LIST_DIR}/render_bench.c)
target_include_directories(render_bench PRIVATE ${PROJECT_SOURCE_DIR})
target_compile_definitions(render_bench PRIVATE TESTS_DIR="${PROJECT_SOURCE_DIR}/tests")
target_link_libraries(render_bench PRIVATE house_rules render PkgConfig::CAIRO PkgConfig::PANGO PkgConfig::DEFLATE)

# How our own code is compiled, and the three kinds of target there are.

add_library(house_rules INTERFACE)
target_compile_definitions(house_rules INTERFACE _GNU_SOURCE
  PLATEN_VERSION="${PROJECT_VERSION}" PLATEN_PREFIX="${CMAKE_INSTALL_PREFIX}")
target_compile_options(house_rules INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wswitch-enum -Wvla -Wwrite-strings -Wundef -Wcast-qual -Wformat=2 -Wimplicit-fallthrough
  -fvisibility=hidden -fno-strict-aliasing
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(WERROR)
  target_compile_options(house_rules INTERFACE -Werror)
endif()
if(FAILPOINTS)
  target_compile_definitions(house_rules INTERFACE WITH_FAILPOINTS)
endif()
if(SANITIZE)
  target_compile_options(house_rules INTERFACE -fsanitize=${SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(house_rules INTERFACE -fsanitize=${SANITIZE})
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(house_rules INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
    -fstack-protector-strong -fstack-clash-protection -fPIE)
  target_link_options(house_rules INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

# house_library(name SOURCES … MAY_USE … HIDES …): one layer.  MAY_USE is what its headers show
# to their users; HIDES is what only its .c files see.
function(house_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;MAY_USE;HIDES" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE house_rules ${ARG_HIDES} PUBLIC ${ARG_MAY_USE})
endfunction()

# house_program(name SOURCES … MAY_USE …): main.c and nothing that a test would want to link.
function(house_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;MAY_USE" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE house_rules ${ARG_MAY_USE})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# house_test(name SOURCES … MAY_USE … [LABEL unit]): a cmocka program run by ctest.
function(house_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;MAY_USE" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE TESTS_DIR="${PROJECT_SOURCE_DIR}/tests"
    SOURCE_DIR="${PROJECT_SOURCE_DIR}" BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE house_rules ${ARG_MAY_USE} PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 120)
endfunction()

if(TARGET api_core)
  house_fuzz(body SOURCES fuzz_body.c MAY_USE api_core)
endif()

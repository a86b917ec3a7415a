/* The entry of a fuzz target, which libFuzzer declares for nobody.
 *
 * Answers 0; dies when the reader under test breaks its promise. */
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

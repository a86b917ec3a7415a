/* The two clocks.  Wall time is for what people read and what is stored; elapsed time is for
 * deadlines and goes on while the machine sleeps.  No one else asks the system for the time, and
 * insight/ and render/ are told it. */
#pragma once
#include <stdint.h>

int64_t clock_wall_us(void); /* microseconds since 1970 UTC */
int64_t clock_elapsed_ms(void); /* milliseconds since boot */
double clock_elapsed_fine_ms(void);

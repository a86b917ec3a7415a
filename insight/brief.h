/* A text of the customer's inside a sentence of ours: whole characters, at most 60 of them. */
#pragma once

enum { BRIEF_CHARACTERS = 60, BRIEF_BYTES = BRIEF_CHARACTERS * 4 + 4 };

/* Copies `text` to `out`, which holds BRIEF_BYTES, and returns it; "..." marks a cut. */
const char *brief(const char *text, char *out);

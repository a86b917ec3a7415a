#include "lib/base/config.h"

#include "lib/base/log.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct setting {
	const char *name;
	size_t offset;
	const char *text; /* default of a text setting, else NULL */
	int64_t count, least, most; /* of a number */
	const char *sentence;
};

static const struct setting settings[] = {
#define SETTING_TEXT(name, value, sentence)                                                        \
	{#name, offsetof(struct config, name), value, 0, 0, 0, sentence},
#define SETTING_COUNT(name, value, least, most, sentence)                                          \
	{#name, offsetof(struct config, name), NULL, value, least, most, sentence},
#include "lib/base/config.def"
#undef SETTING_TEXT
#undef SETTING_COUNT
};

static bool assign(struct config *c, const struct setting *s, const char *value, const char *origin,
	struct fault *f)
{
	char *at = (char *)c + s->offset, *end;
	int64_t number;

	if (s->text) {
		char **text = (char **)(void *)at;

		g_free(*text);
		*text = g_strdup(value);
		return true;
	}
	errno = 0;
	number = g_ascii_strtoll(value, &end, 10);
	if (errno || end == value || *end || number < s->least || number > s->most) {
		return fault_set(f, FAULT_INPUT,
			"%s: %s is \"%s\", must be a whole number from %" PRId64 " to %" PRId64,
			origin, s->name, value, s->least, s->most);
	}
	*(int64_t *)(void *)at = number;
	return true;
}

static const struct setting *lookup(const char *name, size_t length)
{
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		const char *own = settings[i].name;
		bool same = strlen(own) == length;

		for (size_t k = 0; same && k < length; k++) {
			same = own[k] == (name[k] == '-' ? '_' : name[k]);
		}
		if (same) {
			return &settings[i];
		}
	}
	return NULL;
}

static bool load_file(struct config *c, const char *path, struct fault *f)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) keys = NULL;

	if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error)) {
		return fault_set(f, FAULT_INPUT, "%s: %s", path, error->message);
	}
	keys = g_key_file_get_keys(file, "platen", NULL, NULL);
	if (!keys) {
		return fault_set(f, FAULT_INPUT, "%s: has no section [platen]", path);
	}
	for (char **key = keys; *key; key++) {
		const struct setting *s = lookup(*key, strlen(*key));
		g_autoptr(GError) odd = NULL;
		g_autofree char *value = g_key_file_get_string(file, "platen", *key, &odd);

		if (!s) {
			return fault_set(f, FAULT_INPUT, "%s: %s is no setting", path, *key);
		}
		if (odd) {
			return fault_set(f, FAULT_INPUT, "%s: %s: %s", path, *key, odd->message);
		}
		if (!assign(c, s, value, path, f)) {
			return false;
		}
	}
	return true;
}

static bool load_environment(struct config *c, struct fault *f)
{
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		g_autofree char *capitals = g_ascii_strup(settings[i].name, -1);
		g_autofree char *name = g_strconcat("PLATEN_", capitals, NULL);
		const char *value = g_getenv(name);

		if (value && !assign(c, &settings[i], value, name, f)) {
			return false;
		}
	}
	return true;
}

/* One flag of argv: its setting and value, or NULL when it is none of ours. */
static const struct setting *flag_at(
	int argc, char **argv, int i, const char **value, int *words, bool *is_file)
{
	const char *arg = argv[i], *equals;
	size_t length;
	const struct setting *s;

	if (strncmp(arg, "--", 2) != 0) {
		return NULL;
	}
	arg += 2;
	equals = strchr(arg, '=');
	length = equals ? (size_t)(equals - arg) : strlen(arg);
	*is_file = length == 6 && strncmp(arg, "config", 6) == 0;
	s = lookup(arg, length);
	if (!s && !*is_file) {
		return NULL;
	}
	*words = equals ? 1 : 2;
	*value = equals ? equals + 1 : (i + 1 < argc ? argv[i + 1] : NULL);
	return s ? s : settings;
}

bool config_load(struct config *c, int *argc, char **argv, struct fault *f)
{
	const char *path = g_getenv("PLATEN_CONFIG");
	int kept = 1;

	memset(c, 0, sizeof *c);
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		const struct setting *s = &settings[i];

		if (s->text) {
			*(char **)(void *)((char *)c + s->offset) = g_strdup(s->text);
		} else {
			*(int64_t *)(void *)((char *)c + s->offset) = s->count;
		}
	}
	for (int i = 1; i < *argc; i++) {
		const char *value = NULL;
		bool is_file = false;
		int words = 1;

		if (strcmp(argv[i], "--") == 0) {
			break;
		}
		if (flag_at(*argc, argv, i, &value, &words, &is_file) && is_file && value) {
			path = value;
		}
	}
	if ((path && !load_file(c, path, f)) || !load_environment(c, f)) {
		return false;
	}
	for (int i = 1; i < *argc;) {
		const char *value = NULL;
		bool is_file = false;
		int words = 1;
		const struct setting *s;

		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc) {
				argv[kept++] = argv[i++];
			}
			break;
		}
		s = flag_at(*argc, argv, i, &value, &words, &is_file);
		if (!s) {
			argv[kept++] = argv[i++];
			continue;
		}
		if (!value) {
			return fault_set(f, FAULT_INPUT, "%s needs a value", argv[i]);
		}
		if (!is_file && !assign(c, s, value, "command line", f)) {
			return false;
		}
		i += words;
	}
	*argc = kept;
	argv[kept] = NULL;
	return true;
}

void config_finish(struct config *c)
{
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		if (settings[i].text) {
			g_free(*(char **)(void *)((char *)c + settings[i].offset));
		}
	}
	memset(c, 0, sizeof *c);
}

void config_print_help(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		const struct setting *s = &settings[i];
		g_autofree char *flag = g_strdelimit(g_strdup(s->name), "_", '-');

		if (s->text) {
			printf("  --%-20s %s (%s)\n", flag, s->sentence,
				*s->text ? s->text : "none");
		} else {
			printf("  --%-20s %s (%" PRId64 ")\n", flag, s->sentence, s->count);
		}
	}
	printf("Each is also PLATEN_NAME in the environment and a key below [platen] in the file\n"
	       "named by --config or PLATEN_CONFIG; a flag wins over the environment, that over\n"
	       "the file.\n");
}

bool config_open_log(const struct config *c, const char *program, struct fault *f)
{
	enum log_level level;

	if (!log_level_named(c->log_level, &level)) {
		return fault_set(f, FAULT_INPUT,
			"log_level is \"%s\", must be error, warn, info or debug", c->log_level);
	}
	if (strcmp(c->log_format, "text") != 0 && strcmp(c->log_format, "json") != 0) {
		return fault_set(f, FAULT_INPUT, "log_format is \"%s\", must be text or json",
			c->log_format);
	}
	log_open(program, level, strcmp(c->log_format, "json") == 0 ? LOG_JSON : LOG_TEXT);
	return true;
}
